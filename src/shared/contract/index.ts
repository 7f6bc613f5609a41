import * as dataset from './dataset.ts';
import * as edits from './edits.ts';
import * as exports_ from './exports.ts';
import * as host from './host.ts';
import * as project from './project.ts';
import * as runs from './runs.ts';
import * as scores from './scores.ts';
import * as system from './system.ts';

/** Every call. A domain adds its calls here; the API, the clients, the tests and docs/api.md follow from it. */
export const calls = [
  system.hello,
  system.doctor,
  system.shutdown,
  project.getProject,
  project.repointProject,
  project.setSupervision,
  project.setClasses,
  project.vaultLog,
  dataset.inspectDataset,
  dataset.importDataset,
  dataset.cancelImport,
  dataset.listImages,
  dataset.countFacets,
  dataset.listImageIds,
  dataset.getImage,
  dataset.listProblems,
  dataset.photoPyramid,
  dataset.setTags,
  dataset.changeTags,
  dataset.classStats,
  edits.getEditState,
  edits.commitGesture,
  edits.undoGesture,
  edits.redoGesture,
  edits.rebaseEdits,
  edits.editLog,
  edits.setReview,
  edits.holdImage,
  edits.releaseImage,
  runs.listRecipes,
  runs.checkRun,
  runs.startRun,
  runs.listRuns,
  runs.getRun,
  runs.cancelRun,
  runs.resumeRun,
  runs.runQueue,
  runs.moveRun,
  runs.runSamples,
  runs.runMetrics,
  runs.runLog,
  runs.listArtifacts,
  runs.pinArtifact,
  runs.reclaimArtifacts,
  scores.startScore,
  scores.getScores,
  scores.scoreCell,
  exports_.previewExport,
  exports_.startExport,
  exports_.listExports,
  exports_.cancelExport,
] as const;

export const events = [
  system.resync,
  project.projectChanged,
  dataset.importProgress,
  dataset.imagesChanged,
  dataset.thumbsProgress,
  dataset.pyramidProgress,
  edits.editsChanged,
  edits.holdChanged,
  runs.runChanged,
  runs.runMetric,
  runs.runLogged,
  runs.runSampled,
  exports_.exportProgress,
] as const;

export const blobs = [dataset.photoBlob, dataset.thumbBlob, dataset.displayBlob, dataset.photoTileBlob, dataset.truthBlob, dataset.layerBlob, runs.runSampleBlob, edits.correctedBlob, edits.conflictsBlob] as const;

export { hostCalls, type AnyHostCall, type HostCallName } from './host.ts';

export type AnyCall = (typeof calls)[number];
export type CallName = AnyCall['name'];
export type AnyEvent = (typeof events)[number];
export type EventName = AnyEvent['name'];
export type AnyBlob = (typeof blobs)[number];
export type BlobName = AnyBlob['name'];

export { dataset, edits, exports_ as exports, host, project, runs, scores, system };
