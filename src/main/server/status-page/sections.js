import { duration, el, show, showMessage, stateMark, tableOf } from './dom.js';

/** @typedef {import('../../../shared/contract/project.ts').ProjectInfo} ProjectInfo */
/** @typedef {import('../../../shared/contract/dataset.ts').ImageSummary} ImageSummary */
/** @typedef {import('../../../shared/contract/system.ts').DoctorItem} DoctorItem */
/** @typedef {import('../../../shared/domain/run.ts').RunSummary} RunSummary */
/** @typedef {import('../../../shared/domain/run.ts').StepStatus} StepStatus */
/** @typedef {import('../../../shared/domain/score.ts').ScoreTable} ScoreTable */

/** @param {ProjectInfo} info */
export function showProject(info) {
  /** @type {[string, Node | string][]} */
  const facts = [
    ['Photos', rootText(info)],
    ['Images', `${info.counts.images} (${info.splits.map((split) => `${split.name} ${split.images}`).join(', ') || 'no splits'})`],
    ['Ground truth', `${info.counts.withTruth} masks in the vault`],
    ['Corrected', `${info.counts.edited} edited, ${info.counts.reviewed} reviewed`],
    ['Problems', info.counts.problems === 0 ? 'none' : `${info.counts.problems} files with problems`],
    ['Classes', classList(info)],
    ['Supervision', supervisionText(info)],
  ];
  if (info.readOnly) facts.unshift(['State', 'open read-only: the folder has no write permission']);
  show('project', el('dl', null, ...facts.flatMap(([name, value]) => [el('dt', null, name), el('dd', null, value)])));
}

/** @param {ProjectInfo} info */
function rootText(info) {
  if (info.datasetRoot === null) return 'none yet';
  return info.datasetRootFound ? info.datasetRoot : `${info.datasetRoot} is not there; say where the photos are: penumbra repoint ROOT`;
}

/** @param {ProjectInfo} info */
function classList(info) {
  const items = info.classes.flatMap((item) => {
    const swatch = el('span', { class: 'swatch' });
    swatch.style.backgroundColor = `rgb(${item.colour.join(' ')})`;
    return [swatch, `${item.name}  `];
  });
  return el('span', null, ...items);
}

/** @param {ProjectInfo} info */
function supervisionText(info) {
  const nameOf = (/** @type {number | null} */ index) => info.classes.find((item) => item.index === index)?.name ?? 'every class';
  return info.supervision.map((rule) => `${rule.split}, ${nameOf(rule.classIndex)}: ${rule.kind}`).join(' · ') || 'nothing is granted';
}

/** @param {readonly RunSummary[]} runs */
export function showRuns(runs) {
  if (runs.length === 0) {
    showMessage('runs', 'No runs yet. Start one: penumbra run weak-baseline --project DIR');
    return;
  }
  show('runs', ...runs.map(runArticle));
}

/** @param {RunSummary} run */
function runArticle(run) {
  const took = run.startedAt === null ? '' : duration((Date.parse(run.endedAt ?? new Date().toISOString()) - Date.parse(run.startedAt)) / 1000);
  const head = el(
    'header',
    null,
    el('span', null, el('strong', null, run.recipe), ` ${run.preset}, seed ${run.seed} `, el('code', null, run.id)),
    el('span', null, `${took} ${run.backend ?? ''} `, stateMark(run.state)),
  );
  const steps = el('div', { class: 'steps' }, ...run.steps.flatMap(stepCells));
  const error = run.error === null ? [] : [el('p', { class: 'error' }, `${run.error.message} `, el('small', null, run.error.remedy))];
  return el('article', null, head, steps, ...error);
}

/** @param {StepStatus} step */
function stepCells(step) {
  const isOver = step.state === 'done' || step.state === 'reused';
  const bar = el('progress', { max: String(step.total === 0 ? 1 : step.total), 'aria-label': step.step });
  if (step.state !== 'running' || step.total > 0) bar.setAttribute('value', String(isOver ? step.total || 1 : step.done));
  const count = step.state === 'running' && step.total > 0 ? `${step.done}/${step.total} ${step.unit}` : step.state;
  const eta = step.state === 'running' && step.etaSeconds !== null ? `, ${duration(step.etaSeconds)} left` : '';
  return [el('span', null, step.step), bar, el('span', null, count + eta)];
}

/** @param {{ runId: string, table: ScoreTable }} scores */
export function showScores({ runId, table }) {
  const splits = [...new Set(table.layers.map((layer) => layer.split))];
  const rows = splits.flatMap((split) => {
    const layers = table.layers.filter((layer) => layer.split === split);
    return layers.map((layer, i) => {
      const before = layers[i - 1];
      return [layer.layer, split, String(layer.images), layer.miou.toFixed(3), before === undefined ? '' : deltaText(layer.miou - before.miou)];
    });
  });
  const names = table.layers[0]?.perClass.map((item) => item.name) ?? [];
  const perClass = names.map((name) => [
    name,
    ...table.layers.map((layer) => layer.perClass.find((item) => item.name === name)?.iou?.toFixed(3) ?? '–'),
  ]);
  const columns = table.layers.map((layer) => `${layer.layer} (${layer.split})`);
  show(
    'scores',
    tableOf(['layer', 'split', 'images', 'mIoU', 'delta'], rows, [2, 3, 4]),
    el('h3', null, 'IoU by class'),
    tableOf(['class', ...columns], perClass, columns.map((_, i) => i + 1)),
    el('p', { class: 'message' }, `Measured ${new Date(table.measuredAt).toLocaleString()} against the ground-truth vault, `, el('code', null, runId)),
  );
}

/** @param {number} delta */
function deltaText(delta) {
  return el('span', { class: delta < 0 ? 'loss' : 'gain' }, `${delta < 0 ? '−' : '+'}${Math.abs(delta).toFixed(3)}`);
}

/** @param {readonly ImageSummary[]} images @param {ProjectInfo} info */
export function showImages(images, info) {
  if (images.length === 0) {
    showMessage('images', 'No images here.');
    return;
  }
  const nameOf = (/** @type {number} */ index) => info.classes.find((item) => item.index === index)?.name ?? String(index);
  const figures = images.map((image) => {
    const tags = image.tags.map(nameOf).join(', ') || 'no tags';
    const marks = [image.review === 'unreviewed' ? '' : image.review, image.edited ? 'edited' : '', image.problem ?? ''].filter((mark) => mark !== '');
    const photo = el('img', { src: `/api/blob/photo/${image.id}`, alt: `${image.name}: ${tags}`, loading: 'lazy', decoding: 'async' });
    const caption = el('figcaption', { title: `${image.name}, ${image.width} × ${image.height} px` }, image.name, el('br'), el('small', null, [tags, ...marks].join(' · ')));
    return el('li', null, el('figure', null, photo, caption));
  });
  show('images', el('ul', { class: 'grid' }, ...figures));
}

/** @param {readonly DoctorItem[]} items */
export function showDoctor(items) {
  show(
    'doctor',
    tableOf(
      ['', '', 'found', 'what brings it'],
      items.map((item) => [stateMark(item.state), item.title, item.found, item.remedy === null ? '' : el('code', null, item.remedy)]),
    ),
  );
}
