import { ApiError, call, followEvents } from './api.js';
import { byId, el, showMessage } from './dom.js';
import { showDoctor, showImages, showProject, showRuns, showScores } from './sections.js';

/** @typedef {import('./sections.js').ProjectInfo} ProjectInfo */
/** @typedef {import('./sections.js').ImageSummary} ImageSummary */
/** @typedef {import('./sections.js').RunSummary} RunSummary */

const PAGE = 60;

/** @type {ProjectInfo | null} */
let project = null;
/** @type {Map<string, RunSummary>} by id, newest first */
let runs = new Map();
/** @type {ImageSummary[]} */
let images = [];
/** @type {string | null} */
let split = null;

/**
 * Runs a loader and shows its failure in its own section: the others go on.
 * @param {string} section
 * @param {() => Promise<void>} load
 */
async function guarded(section, load) {
  try {
    await load();
  } catch (thrown) {
    const error = thrown instanceof ApiError ? `${thrown.message} ${thrown.remedy}` : String(thrown);
    showMessage(section, error, 'error');
  }
}

const loadProject = () =>
  guarded('project', async () => {
    /** @type {ProjectInfo} */
    const info = await call('project.get');
    project = info;
    byId('project-name').textContent = info.name;
    document.title = `${info.name} – Penumbra`;
    showProject(info);
    showFilter(info);
  });

const loadRuns = () =>
  guarded('runs', async () => {
    /** @type {{ runs: RunSummary[] }} */
    const list = await call('runs.list', { limit: 20 });
    runs = new Map(list.runs.map((run) => [run.id, run]));
    showRuns([...runs.values()]);
  });

const loadScores = () =>
  guarded('scores', async () => {
    try {
      showScores(await call('scores.get'));
    } catch (thrown) {
      const isEmpty = thrown instanceof ApiError && (thrown.code === 'RUN_NOT_FOUND' || thrown.code === 'ARTIFACT_NOT_FOUND');
      if (!isEmpty) throw thrown;
      showMessage('scores', 'No scores yet: they come with the first finished run.');
    }
  });

/** @param {boolean} more */
const loadImages = (more) =>
  guarded('images', async () => {
    /** @type {{ total: number, images: ImageSummary[] }} */
    const page = await call('dataset.images', { filter: split === null ? {} : { split }, offset: more ? images.length : 0, limit: PAGE });
    images = more ? [...images, ...page.images] : page.images;
    if (project !== null) showImages(images, project);
    byId('more-images').hidden = images.length >= page.total;
  });

/** @param {ProjectInfo} info */
function showFilter(info) {
  /** @param {string | null} name @param {string} text */
  const button = (name, text) => {
    const element = el('button', { type: 'button', 'aria-pressed': String(split === name) }, text);
    element.addEventListener('click', () => {
      split = name;
      showFilter(info);
      void loadImages(false);
    });
    return element;
  };
  byId('image-filter').replaceChildren(button(null, 'all'), ...info.splits.map((item) => button(item.name, `${item.name} ${item.images}`)));
}

async function loadAll() {
  await Promise.all([loadProject(), loadRuns(), loadScores()]);
  await loadImages(false);
}

/** @param {{ name: string, payload: unknown }} event */
function takeEvent(event) {
  if (event.name === 'runs.changed') {
    const run = /** @type {RunSummary} */ (event.payload);
    runs = runs.has(run.id) ? runs.set(run.id, run) : new Map([[run.id, run], ...runs]);
    showRuns([...runs.values()]);
    if (run.state === 'done') void loadScores();
  } else if (event.name === 'project.changed') {
    void loadProject().then(() => loadImages(false));
  } else if (event.name === 'edits.changed') {
    void loadProject();
  } else if (event.name === 'system.resync') {
    void loadAll();
  }
}

byId('more-images').addEventListener('click', () => void loadImages(true));
byId('run-doctor').addEventListener('click', () => {
  const button = /** @type {HTMLButtonElement} */ (byId('run-doctor'));
  button.disabled = true;
  showMessage('doctor', 'Checking …');
  void guarded('doctor', async () => {
    /** @type {{ items: import('./sections.js').DoctorItem[] }} */
    const { items } = await call('system.doctor');
    showDoctor(items);
  }).finally(() => (button.disabled = false));
});

/** @type {{ lastEvent: number } | null} */
let hello = null;
await guarded('project', async () => {
  hello = await call('system.hello');
});
await loadAll();
await followEvents(/** @type {{ lastEvent: number } | null} */ (hello)?.lastEvent ?? 0, {
  onEvent: takeEvent,
  onState: (state) => {
    const mark = byId('connection');
    mark.dataset['state'] = state;
    mark.textContent = state === 'live' ? 'live' : 'connection lost; trying again';
  },
});
