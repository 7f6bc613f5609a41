import { computed, inject, provide, reactive, ref, shallowRef, type InjectionKey } from 'vue';
import { call } from '#renderer/api/client.ts';
import { useCoreEvent } from '#renderer/composables/use-core-events.ts';
import { useConnection } from '#renderer/stores/connection.ts';
import { useHost, type LeaveRuns } from '#renderer/stores/host.ts';
import { strings } from '#renderer/strings/index.ts';
import { dataset, project } from '#shared/contract/index.ts';
import type { CallOutput, EventPayload } from '#shared/contract/define.ts';
import type { ImportReport, TagSource } from '#shared/contract/dataset.ts';
import { MAX_CLASSES } from '#shared/domain/classes.ts';
import type { SupervisionKind } from '#shared/domain/supervision.ts';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';

type Found = CallOutput<typeof dataset.inspectDataset>;
type Progress = EventPayload<typeof dataset.importProgress>;
export type Step = 'folder' | 'tags' | 'supervision' | 'place' | 'import';
type ImportPhase = 'ready' | 'making' | 'reading' | 'supervising' | 'done';

interface Chosen {
  root: string;
  /** Masks are never taken unasked. */
  source: TagSource['kind'] | null;
  csvFile: string;
  /** Class names, one a line. */
  namesText: string;
  /** By split. */
  kinds: Record<string, SupervisionKind>;
  parent: string;
  name: string;
}

const SETTLE_MS = 100;
const LONGEST_WAIT_MS = 20_000;

/** Class names of a text, one a line. */
export function namesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** What is wrong with class names, or null. */
export function namesProblem(names: readonly string[]): string | null {
  const words = strings.start.wizard.tags;
  if (names.length === 0) return words.empty;
  if (names.length > MAX_CLASSES) return words.tooMany(names.length);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? null : words.duplicate(twice);
}

/** A name that can be a folder on every system that Penumbra runs on. */
export function isFolderName(name: string): boolean {
  return name.trim() !== '' && name.trim().length <= 120 && !/[/\\:*?"<>|\u0000-\u001f]/.test(name) && !/^\.+$/.test(name.trim());
}

/** Joins as the host's platform writes paths. */
export function joinPath(parent: string, name: string): string {
  const separator = parent.includes('\\') && !parent.includes('/') ? '\\' : '/';
  return parent.endsWith(separator) ? `${parent}${name}` : `${parent}${separator}${name}`;
}

/** The state of the import wizard: what was chosen so far, what was found, how the import fares. `into` = into the open, empty project. */
function useImport(into: 'new' | 'open') {
  const host = useHost();
  const connection = useConnection();
  const chosen = reactive<Chosen>({ root: '', source: null, csvFile: '', namesText: '', kinds: {}, parent: '', name: '' });
  const found = shallowRef<Found | null>(null);
  const isLooking = ref(false);
  const error = shallowRef<ErrorValue | null>(null);
  const busy = shallowRef<ErrorValue | null>(null);
  const phase = ref<ImportPhase>('ready');
  const progress = shallowRef<Progress | null>(null);
  const report = shallowRef<ImportReport | null>(null);
  const supervisionError = shallowRef<ErrorValue | null>(null);
  /** Folder of the project that this wizard made, so that an import that failed is tried again in it. */
  const madeIn = ref<string | null>(null);
  let lookingAt = '';
  const dir = computed(() => joinPath(chosen.parent, chosen.name.trim()));
  useCoreEvent('dataset.importProgress', (payload) => (progress.value = payload));

  /** A folder that was looked into is looked into again only when `asked` for: what was chosen since would be lost. */
  async function look(root: string, asked: 'asked' | 'changed' = 'asked'): Promise<void> {
    // Enter both changes the field and submits it.
    if (root === '' || (lookingAt === root && (isLooking.value || (asked === 'changed' && found.value !== null)))) return;
    lookingAt = root;
    chosen.root = root;
    found.value = null;
    error.value = null;
    isLooking.value = true;
    try {
      // Looking needs a core; which project it has open does not matter.
      if (host.state?.core === 'none') await host.sample();
      if (connection.state !== 'live') await settled(null);
      const seen = await call(dataset.inspectDataset, { root });
      if (root !== lookingAt) return;
      found.value = seen;
      chosen.source = seen.tagSources.find((source) => source !== 'masks') ?? null;
      chosen.csvFile = seen.csvFiles[0] ?? '';
      chosen.namesText = (seen.classNames ?? []).join('\n');
      chosen.kinds = Object.fromEntries(seen.splits.map(({ name }) => [name, 'tags']));
      if (chosen.name === '') chosen.name = root.split(/[/\\]/).findLast((part) => part !== '') ?? '';
    } catch (thrown) {
      if (root === lookingAt) error.value = toErrorValue(thrown);
    } finally {
      if (root === lookingAt) isLooking.value = false;
    }
  }

  /** Waits until the page follows the core of this project (of any, with null). */
  async function settled(projectId: string | null): Promise<void> {
    for (let waitedMs = 0; waitedMs < LONGEST_WAIT_MS; waitedMs += SETTLE_MS) {
      if (connection.state === 'live' && (projectId === null || connection.projectId === projectId)) return;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    }
    throw new PenumbraError('SHUTTING_DOWN', strings.start.wizard.run.notYet, { remedy: strings.start.wizard.run.notYetRemedy });
  }

  async function start(runs?: LeaveRuns): Promise<void> {
    error.value = null;
    busy.value = null;
    progress.value = null;
    try {
      if (into === 'new' && madeIn.value !== dir.value) {
        phase.value = 'making';
        await host.create(dir.value, chosen.name.trim(), runs);
        madeIn.value = dir.value;
      }
      const current = host.state?.project ?? null;
      if (current !== null) await settled(current.id);
      // All of it is meant for this project, whatever is opened meanwhile.
      const { projectId } = connection;
      phase.value = 'reading';
      const names = namesOf(chosen.namesText);
      const unchanged = found.value?.classNames?.join('\n') === names.join('\n');
      report.value = await call(dataset.importDataset, { root: chosen.root, tags: tagSource(), ...(unchanged ? {} : { classNames: names }) }, { projectId });
      phase.value = 'supervising';
      await declare(projectId);
      phase.value = 'done';
    } catch (thrown) {
      phase.value = 'ready';
      const value = toErrorValue(thrown);
      if (value.code === 'PROJECT_BUSY') busy.value = value;
      else error.value = value;
    }
  }

  /** Only splits that took part in the import: a list may name nothing. */
  async function declare(projectId: string | null): Promise<void> {
    try {
      const { splits } = await call(project.getProject, {}, { projectId });
      await call(project.setSupervision, { rules: splits.map(({ name }) => ({ split: name, classIndex: null, kind: chosen.kinds[name] ?? 'none' })) }, { projectId });
    } catch (thrown) {
      supervisionError.value = toErrorValue(thrown);
    }
  }

  async function cancel(): Promise<void> {
    try {
      // It may get to the core before the import does, which is then not there to be cancelled yet.
      while (phase.value === 'reading' && !(await call(dataset.cancelImport, {})).cancelled) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    } catch (thrown) {
      error.value = toErrorValue(thrown);
    }
  }

  function tagSource(): TagSource {
    if (chosen.source === 'csv') return { kind: 'csv', file: chosen.csvFile };
    return { kind: chosen.source ?? 'xml' };
  }

  return { into, chosen, found, isLooking, error, busy, phase, progress, report, supervisionError, madeIn, dir, look, start, cancel };
}

type Import = ReturnType<typeof useImport>;
const CURRENT: InjectionKey<Import> = Symbol('import');

/** Begins an import and offers it to the steps inside the calling component. */
export function provideImport(into: 'new' | 'open'): Import {
  const state = useImport(into);
  provide(CURRENT, state);
  return state;
}

/** The import of the wizard around the calling component. */
export function useCurrentImport(): Import {
  const state = inject(CURRENT);
  if (state === undefined) throw new Error('no import wizard around this component');
  return state;
}
