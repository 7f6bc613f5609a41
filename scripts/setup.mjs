/** `npm run setup [-- --gpu]`: brings everything that is missing and says what is there. */
import { bootstrap } from './bootstrap.mjs';
import { installedEngines } from './lib/cache.mjs';
import { runMain, SetupError } from './lib/errors.mjs';

const HELP = `usage: npm run setup [-- --gpu]

Installs the npm packages, the pinned Node, the tensor engine and the backbone weights, each unless it is in place.
  --gpu   the CUDA 12 engine for NVIDIA GPUs (3.6 GB to download); it also runs without a GPU
`;

runMain(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = args.find((arg) => arg !== '--gpu');
  if (unknown !== undefined)
    throw new SetupError('USAGE', `npm run setup does not know "${unknown}".`, 'npm run setup -- --help lists what it knows.');
  await bootstrap({ variant: args.includes('--gpu') ? 'gpu' : 'cpu' });
  const engines = installedEngines().map((engine) => `TensorFlow ${engine.tensorflow ?? '?'} (${engine.variant})`);
  process.stderr.write(`Everything is in place: ${engines.join(', ')}.\n`);
  return 0;
});
