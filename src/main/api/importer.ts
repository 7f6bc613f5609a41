import type { CallOutput, CallParsedInput } from '#shared/contract/define.ts';
import type { importDataset, inspectDataset } from '#shared/contract/dataset.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { Project } from '../project/project.ts';
import type { Publish } from './event-hub.ts';

export interface Importer {
  inspect(root: string): Promise<CallOutput<typeof inspectDataset>>;
  start(request: CallParsedInput<typeof importDataset>): Promise<CallOutput<typeof importDataset>>;
  /** False when no import is running. */
  cancel(): boolean;
}

/** Progress is told at most this often. */
const PROGRESS_MS = 100;

/** Reads a folder and stores it in one transaction. One import at a time; a cancelled one leaves the project empty. */
export function createImporter({ project, imported, publish }: { project: Project; imported: () => void; publish: Publish }): Importer {
  let running: AbortController | null = null;
  return {
    async inspect(root) {
      const { inspectFolder } = await loadDatasets();
      return inspectFolder(root);
    },

    async start({ root, tags, classNames }) {
      project.checkEmpty();
      if (running !== null) {
        throw new PenumbraError('PROJECT_EXISTS', 'an import into this project is running already', {
          remedy: 'Wait for it, or cancel it: dataset.cancelImport.',
        });
      }
      const own = new AbortController();
      running = own;
      let toldAtMs = 0;
      try {
        const { readDataset } = await loadDatasets();
        const dataset = await readDataset({
          root,
          tags,
          classNames,
          signal: own.signal,
          onProgress: (progress) => {
            if (progress.done < progress.total && performance.now() - toldAtMs < PROGRESS_MS) return;
            toldAtMs = performance.now();
            publish('dataset.importProgress', progress);
          },
        });
        own.signal.throwIfAborted();
        const report = project.storeImport(dataset);
        publish('project.changed', {});
        imported();
        return report;
      } catch (thrown) {
        if (own.signal.aborted) {
          throw new PenumbraError('RUN_CANCELLED', 'the import was cancelled; the project is as empty as before', { remedy: 'Import again when ready.', cause: thrown });
        }
        throw thrown;
      } finally {
        running = null;
      }
    },

    cancel() {
      running?.abort();
      return running !== null;
    },
  };
}

/** Loaded late: an import happens once in a project's life. */
function loadDatasets() {
  return import('../datasets/read-dataset.ts');
}
