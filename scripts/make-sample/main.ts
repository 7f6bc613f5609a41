import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startCore } from '../../src/main/core.ts';
import { createClient, type Client } from '../../src/main/client/client.ts';
import { openProject } from '../../src/main/project/open.ts';
import { runs } from '../../src/shared/contract/index.ts';
import { penumbra, runRecipe } from '../bench/command.ts';
import { halfCorrect } from './half-correct.ts';

/** What a first start shows: CAMs and refined masks of a trained run. Weights and predictions stay out for size. */
const KEPT_STEPS = ['cams', 'seeds', 'refined', 'scores'];
const MAX_BYTES = 5 * 1024 * 1024;
const SEED = 0;

const sample = path.resolve(import.meta.dirname, '../../resources/sample');
const target = path.join(sample, 'project');
// Inside the sample, so that the project remembers its photos by a relative path from the start.
const making = path.join(sample, 'project.making');

rmSync(making, { recursive: true, force: true });
await penumbra('new', making, '--voc', sample, '--tags', `csv:${path.join(sample, 'labels.csv')}`, '--name', 'Sample');
console.log('training on the sample; some minutes …');
const { run, scores } = await runRecipe('weak-baseline', '--project', making, '--preset', 'quick', '--seed', String(SEED));

const core = await startCore(making);
const corrected = await halfCorrect(createClient({ socketPath: core.socketPath }), stepArtifact('refined'), sample);
const versions = await artifactVersions(createClient({ socketPath: core.socketPath }));
await core.close('wait');

const kept = new Set(KEPT_STEPS.map(stepArtifact));
const project = await openProject(making);
for (const { manifest } of project.artifacts.list()) {
  if (kept.has(manifest.key)) {
    project.artifacts.pin(manifest.key, true);
    continue;
  }
  project.artifacts.delete(manifest.key);
  rmSync(path.join(making, 'artifacts', manifest.key), { recursive: true });
}
project.close();
for (const name of ['logs', 'backups', 'thumbs', 'artifacts/staging', 'project.lock', 'project.lock.guard']) rmSync(path.join(making, name), { recursive: true, force: true });

const provenance = {
  madeBy: 'npm run make-sample',
  recipe: run.recipe,
  preset: run.preset,
  seed: run.seed,
  backend: run.backend,
  versions,
  kept: Object.fromEntries(KEPT_STEPS.map((step) => [step, stepArtifact(step)])),
  corrected,
  scores: scores.layers.map(({ layer, split, images, miou }) => ({ layer, split, images, miou })),
};
writeFileSync(path.join(making, 'provenance.json'), `${JSON.stringify(provenance, null, 2)}\n`);

const bytes = folderBytes(making);
if (bytes > MAX_BYTES) throw new Error(`the sample project has ${bytes} bytes; at most ${MAX_BYTES} may be shipped`);
rmSync(target, { recursive: true, force: true });
renameSync(making, target);
console.log(`resources/sample/project: ${(bytes / 1e6).toFixed(1)} MB`);

function stepArtifact(step: string): string {
  const key = run.steps.find((status) => status.step === step)?.artifact;
  if (key === null || key === undefined) throw new Error(`${run.id} made no artifact in step "${step}"`);
  return key;
}

async function artifactVersions(client: Client): Promise<Record<string, string>> {
  const { artifacts } = await client.call(runs.listArtifacts, {});
  const { dependencies } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8')) as { dependencies: Record<string, string> };
  return { ...artifacts[0]?.manifest.versions, tfjs: dependencies['@tensorflow/tfjs-core'] ?? '' };
}

function folderBytes(dir: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}
