/** `npm start [-- --no-open] [--port N]`: brings what is missing and serves the workbench on the project opened last, at first the sample. */
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { buildWindow } from './lib/build-window.mjs';
import { repositoryRoot } from './lib/cache.mjs';
import { runPinned } from './lib/child.mjs';
import { runMain, SetupError } from './lib/errors.mjs';
import { sampleProject } from './lib/sample-project.mjs';
import { createSay } from './lib/say.mjs';

const HELP = `usage: npm start [-- [--no-open] [--port N]]

Installs what is missing, then serves the workbench to a browser on this machine, on the project opened last; at first on the sample.
  --no-open   only print the link
  --port N    port (default: a free one)
Another project: npm run -s penumbra -- serve DIR
`;

/** @param {string[]} args @returns {string[]} those of \`penumbra serve\` */
function serveOptions(args) {
  /** @type {string[]} */
  const options = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--no-open' || /^--port=\d+$/.test(arg)) options.push(arg);
    else if (arg === '--port' && /^\d+$/.test(args[at + 1] ?? '')) options.push('--port', args[(at += 1)] ?? '');
    else throw new SetupError('USAGE', `npm start does not know "${arg}".`, 'npm start -- --help lists what it knows.');
  }
  return options;
}

runMain(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const options = serveOptions(args);
  await bootstrap();
  const say = createSay();
  await buildWindow(say);
  // Made here, where what takes a while can be said; a start after the first one opens the project that was open last.
  await sampleProject(say);
  return runPinned([join(repositoryRoot, 'src/main/cli.ts'), 'serve', ...options]);
});
