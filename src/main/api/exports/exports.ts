import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import { CLASSES_FILE } from '../../datasets/class-names.ts';
import { LISTS, MASKS } from '../../datasets/voc/layout.ts';
import { faultPoint } from '../../faults/faults.ts';
import { labelMapFile, readLabelMap } from '../../ml/stages/label-maps-io.ts';
import type { EditService } from '../../project/edits/edit-service.ts';
import type { Project } from '../../project/project.ts';
import type { RunService } from '../../runs/run-service.ts';
import type { Publish } from '../event-hub.ts';
import type { CallHandlers } from '../handlers.ts';
import { ExportJobs, type ExportJob } from './export-jobs.ts';
import { planExport, type ExportPlan, type ExportRequest } from './plan.ts';
import { checkTarget, fillTarget, refuseFull, type Written } from './target.ts';

interface ExportServices {
  readonly project: Project;
  readonly runs: RunService;
  readonly edits: EditService;
  readonly publish: Publish;
}

type MaskPlan = Extract<ExportPlan, { kind: 'masks' }>;
type ModelPlan = Extract<ExportPlan, { kind: 'model' }>;

const PROVENANCE = 'provenance.json';
/** Progress is told at most this often. */
const PROGRESS_MS = 100;

export function exportCalls(services: ExportServices): Pick<CallHandlers, 'exports.preview' | 'exports.start' | 'exports.list' | 'exports.cancel'> {
  const { project } = services;
  const jobs = new ExportJobs();
  const check = (target: string) => {
    const root = project.datasetRoot();
    return checkTarget(target, [{ dir: project.dir, what: 'the project' }, ...(root === null ? [] : [{ dir: root.path, what: 'the dataset, which is never written to' }])]);
  };
  return {
    'exports.preview': async (request) => {
      const { exists } = await check(request.target);
      const plan = await planExport(services, request);
      const files = plannedFiles(plan);
      return {
        files: files.length,
        bytes: plannedBytes(plan),
        examples: files.slice(0, 5),
        lost: [...plan.lost],
        exists,
      };
    },
    // Can be cancelled from its first moment: planning reads a lot in a large project.
    'exports.start': ({ exportId = randomUUID(), ...request }) => jobs.start(exportId, request, (job) => write(exportId, request, job)),
    'exports.list': () => ({ exports: jobs.list() }),
    'exports.cancel': ({ exportId }) => ({ cancelled: jobs.cancel(exportId) }),
  };

  async function write(exportId: string, request: ExportRequest, job: ExportJob): Promise<Written & { target: string }> {
    const { exists } = await check(request.target);
    if (exists) throw refuseFull(request.target);
    const plan = await planExport(services, request);
    const tell = progressTeller(services.publish, exportId, request.target, job);
    tell(0, plan.kind === 'masks' ? plan.images.length : plan.artifact.manifest.files.length);
    const written = await fillTarget(request.target, (dir) => (plan.kind === 'masks' ? writeMasks(services, plan, dir, tell) : writeModel(plan, dir, tell)));
    return { ...written, target: request.target };
  }
}

async function writeMasks(services: ExportServices, plan: MaskPlan, dir: string, tell: TellProgress): Promise<Written> {
  const { project, edits } = services;
  // Loaded late, with the decoder behind it: no other call needs it.
  const { VocWriter } = await import('../../datasets/voc/write.ts');
  const writer = new VocWriter(dir);
  const edited = new Set(plan.corrected ? project.edits.editedImages() : []);
  for (const [done, image] of plan.images.entries()) {
    faultPoint('export.write');
    const map = edited.has(image.id) ? await edits.correctedMap(image.id, plan.artifact.key) : await readLabelMap(plan.artifact, image);
    await writer.addMask(image.name, image.split, map);
    tell(done + 1, plan.images.length);
  }
  return writer.finish(project.classes.all());
}

/** The model's own files, and the manifest that says how it was made. */
async function writeModel({ artifact }: ModelPlan, dir: string, tell: TellProgress): Promise<Written> {
  const { files } = artifact.manifest;
  let bytes = 0;
  for (const [done, { name }] of files.entries()) {
    faultPoint('export.write');
    const content = await artifact.read(name);
    await writeFile(path.join(dir, name), content, { flag: 'wx' });
    bytes += content.byteLength;
    tell(done + 1, files.length);
  }
  const provenance = `${JSON.stringify(artifact.manifest, null, 2)}\n`;
  await writeFile(path.join(dir, PROVENANCE), provenance, { flag: 'wx' });
  return { files: files.length + 1, bytes: bytes + Buffer.byteLength(provenance) };
}

function plannedFiles(plan: ExportPlan): string[] {
  if (plan.kind === 'model') return [...plan.artifact.manifest.files.map((file) => file.name), PROVENANCE];
  const splits = [...new Set(plan.images.map((image) => image.split))].filter((split) => split !== null);
  return [...plan.images.map((image) => `${MASKS}/${image.name}.png`), ...splits.map((split) => `${LISTS}/${split}.txt`), CLASSES_FILE];
}

function plannedBytes(plan: ExportPlan): number {
  const { files } = plan.artifact.manifest;
  const wanted = plan.kind === 'model' ? null : new Set(plan.images.map((image) => labelMapFile(image.id)));
  return files.reduce((sum, file) => (wanted === null || wanted.has(file.name) ? sum + file.bytes : sum), 0);
}

/** Called before the first file and after each. Throws RUN_CANCELLED once the export is to stop. */
type TellProgress = (done: number, total: number) => void;

function progressTeller(publish: Publish, exportId: string, target: string, job: ExportJob): TellProgress {
  let toldAtMs = 0;
  return (done, total) => {
    if (job.signal.aborted) {
      throw new PenumbraError('RUN_CANCELLED', `the export to ${target} was cancelled after ${done} of ${total} files; nothing was left there`, {
        remedy: 'Export again when wanted.',
        details: { target },
      });
    }
    job.progressed(done, total);
    if (done < total && performance.now() - toldAtMs < PROGRESS_MS) return;
    toldAtMs = performance.now();
    publish('exports.progress', { exportId, done, total });
  };
}
