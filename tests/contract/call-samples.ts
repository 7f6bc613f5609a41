import type { AnyCall, AnyHostCall, CallName, HostCallName } from '#shared/contract/index.ts';
import type { CallInput } from '#shared/contract/define.ts';
import type { ErrorCode } from '#shared/errors.ts';

/** What the project of the contract tests holds when the calls below are made. */
export interface Scene {
  readonly root: string;
  readonly imageId: string;
  readonly revision: number;
  readonly runId: string;
  readonly refinedKey: string;
  /** A gesture on the corrected map as it stands, base64. */
  readonly gesture: string;
  readonly emptyDir: string;
}

type InputOf<N extends CallName> = CallInput<Extract<AnyCall, { readonly name: N }>>;
export interface Sample<I = unknown> {
  readonly input: I;
  /** Left out for success. Calls that can only fail on the shared scene have a test of their own for success. */
  readonly fails?: ErrorCode;
}

/** A valid input for every call: the type makes a new call without a sample fail to compile. */
export function samples(scene: Scene): { readonly [N in CallName]: Sample<InputOf<N>> } {
  const { imageId, runId } = scene;
  return {
    'system.hello': { input: {} },
    'system.doctor': { input: {} },
    'system.shutdown': { input: { runs: 'wait' } },
    'project.get': { input: {} },
    'project.repoint': { input: { root: scene.root } },
    'project.setSupervision': { input: { rules: [{ split: 'train', classIndex: null, kind: 'tags' }, { split: 'val', classIndex: 1, kind: 'none' }] } },
    'project.setClasses': { input: { classes: [{ index: 2, name: 'hound', colour: '#00ff7f' }] } },
    'vault.log': { input: { offset: 0, limit: 10 } },
    'dataset.inspect': { input: { root: scene.root } },
    'dataset.import': { input: { root: scene.root, tags: { kind: 'xml' }, classNames: ['cat'] }, fails: 'PROJECT_EXISTS' },
    'dataset.cancelImport': { input: {} },
    'dataset.images': { input: { filter: { split: 'train', nameContains: 'a' }, offset: 1, limit: 2 } },
    'dataset.facets': { input: { filter: { classIndex: 1, split: null } } },
    'dataset.imageIds': { input: { filter: { split: 'val', classIndex: null } } },
    'dataset.image': { input: { imageId } },
    'dataset.problems': { input: { limit: 3 } },
    'dataset.pyramid': { input: { imageId } },
    'dataset.setTags': { input: { imageId, tags: [1, 2] } },
    'dataset.changeTags': { input: { imageIds: [imageId], add: [2], remove: [1] } },
    'dataset.classStats': { input: {} },
    'edits.state': { input: { imageId } },
    'edits.commit': {
      input: { imageId, base: scene.refinedKey, expectedRevision: scene.revision, tool: 'brush', diff: scene.gesture, clientGestureId: 'sample-gesture' },
    },
    'edits.undo': { input: { imageId, expectedRevision: scene.revision + 1 } },
    'edits.redo': { input: { imageId, expectedRevision: scene.revision + 2 } },
    'edits.rebase': { input: { base: scene.refinedKey, imageIds: [imageId] } },
    'edits.log': { input: { imageId, offset: 0, limit: 10 } },
    'review.set': { input: { imageId, review: 'flagged' } },
    'edits.hold': { input: { imageId, holder: 'window-1' } },
    'edits.release': { input: { imageId, holder: 'window-1' } },
    'recipes.list': { input: {} },
    'runs.check': { input: { recipe: 'tiny', preset: 'quick', overrides: { 'classifier.steps': 3 }, seed: 1, backend: 'auto' } },
    'runs.start': { input: { recipe: 'tiny', overrides: { 'classifier.steps': 0 } }, fails: 'STAGE_CONFIG_INVALID' },
    'runs.list': { input: { state: 'done', offset: 0, limit: 5 } },
    'runs.get': { input: { runId } },
    'runs.cancel': { input: { runId } },
    'runs.resume': { input: { runId }, fails: 'RUN_NOT_RESUMABLE' },
    'runs.queue': { input: {} },
    'runs.move': { input: { runId, before: null }, fails: 'RUN_NOT_QUEUED' },
    'runs.samples': { input: { runId } },
    'runs.metrics': { input: { runId, afterIndex: 0, limit: 10 } },
    'runs.log': { input: { runId, afterLine: 0, limit: 10 } },
    'artifacts.list': { input: { kind: 'label-maps' } },
    'artifacts.pin': { input: { key: scene.refinedKey, pinned: true } },
    'artifacts.reclaim': { input: { dryRun: true } },
    'scores.start': { input: { runId: 'run_000000000000' }, fails: 'RUN_NOT_FOUND' },
    'scores.get': { input: { runId } },
    'scores.cell': { input: { runId, layer: 'refined', split: 'val', truth: 1, predicted: 0, limit: 5 } },
    'exports.preview': { input: { what: 'corrected', runId, split: 'train', target: scene.emptyDir } },
    'exports.start': { input: { what: 'corrected', runId, split: 'train', target: scene.emptyDir, exportId: 'sample-export' } },
    'exports.list': { input: {} },
    'exports.cancel': { input: { exportId: 'sample-export' } },
  };
}

type HostInputOf<N extends HostCallName> = CallInput<Extract<AnyHostCall, { readonly name: N }>>;

/** A valid input for every call of the host. `dir` holds a project, `emptyDir` nothing yet. */
export function hostSamples(scene: { readonly dir: string; readonly emptyDir: string }): { readonly [N in HostCallName]: Sample<HostInputOf<N>> } {
  return {
    'host.state': { input: {} },
    'host.openProject': { input: { dir: scene.dir, runs: 'wait' } },
    'host.createProject': { input: { dir: scene.emptyDir, name: 'Made', runs: 'wait' } },
    'host.openSample': { input: { runs: 'wait' } },
    'host.forgetRecent': { input: { dir: scene.dir } },
    'host.listFolders': { input: { dir: scene.dir } },
  };
}
