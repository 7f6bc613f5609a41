/** The steps that every entry shares: packages with the pinned Node, tensor engine, weights. Each is skipped at once when in place. */
import { installedEngines, readManifest, weightsInstalled } from './lib/cache.mjs';
import { SetupError } from './lib/errors.mjs';
import { installEngine } from './lib/install-engine.mjs';
import { installWeights } from './lib/install-weights.mjs';
import { installPackages } from './lib/packages.mjs';
import { createSay } from './lib/say.mjs';

const OLDEST_NODE = 20;

/** Ends with a plain sentence on a Node that is too old for the scripts themselves. */
export function requireNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= OLDEST_NODE) return;
  throw new SetupError(
    'NODE_TOO_OLD',
    `This is Node ${process.versions.node}; ${OLDEST_NODE} or newer is needed to start the set-up.`,
    'Install a newer Node; Penumbra then brings the exact version it runs on itself.',
  );
}

/** Any engine will do to run: the CUDA build works without a GPU, and PENUMBRA_ENGINE_DIR may name one of the user's own. */
function anyEngine() {
  return installedEngines().length > 0;
}

/**
 * Brings what is missing.
 * @param {{ variant?: import('./lib/cache.mjs').EngineVariant }} [options] a variant asks for that very engine
 */
export async function bootstrap({ variant } = {}) {
  requireNode();
  const say = createSay();
  const own = process.env['PENUMBRA_ENGINE_DIR'];
  if (own !== undefined && own !== '' && !anyEngine()) {
    throw new SetupError(
      'USAGE',
      `PENUMBRA_ENGINE_DIR names ${own}, which holds no tfjs_binding.node.`,
      'Name a folder that does, or unset the variable so that the set-up brings an engine.',
    );
  }
  await installPackages(say);
  for (const name of Object.keys(readManifest('weights').weights)) {
    if (!weightsInstalled(name)) await installWeights(name, say);
  }
  if (variant !== undefined || !anyEngine()) await installEngine(variant ?? 'cpu', say);
}
