/** `npm start [-- --browser | --no-open | --port N]`: brings what is missing and opens the workbench on the project opened last, at first the sample. */
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { buildWindow } from './lib/build-window.mjs';
import { repositoryRoot } from './lib/cache.mjs';
import { runForeground, runPinned } from './lib/child.mjs';
import { bringElectron, whyNoWindow } from './lib/electron.mjs';
import { runMain, SetupError } from './lib/errors.mjs';
import { sampleProject } from './lib/sample-project.mjs';
import { createSay } from './lib/say.mjs';

const HELP = `usage: npm start [-- [--browser] [--no-open] [--port N]]

Installs what is missing, then opens the workbench on the project that was open last; at first on the sample. It opens in Electron
where that can be had, else in the browser, and says which and why.
  --browser   in the browser in any case
  --no-open   serve to a browser, but only print the link
  --port N    serve to a browser on this port
Another project: npm run -s penumbra -- serve DIR
`;

/** @param {string[]} args @returns {string[] | null} options of `penumbra serve`; null when none asks for a browser */
function serveOptions(args) {
  /** @type {string[]} */
  const options = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--no-open' || /^--port=\d+$/.test(arg)) options.push(arg);
    else if (arg === '--port' && /^\d+$/.test(args[at + 1] ?? '')) options.push('--port', args[(at += 1)] ?? '');
    else if (arg !== '--browser') throw new SetupError('USAGE', `npm start does not know "${arg}".`, 'npm start -- --help lists what it knows.');
  }
  return args.length === 0 ? null : options;
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
  if (options === null) {
    const reason = whyNoWindow();
    const electron = reason === null ? await bringElectron(say) : { program: null, reason };
    if (electron.program !== null) {
      say.line('Penumbra opens in Electron.');
      return runForeground(electron.program, [repositoryRoot]);
    }
    say.line(`Penumbra opens in the browser: ${electron.reason}.`);
  }
  return runPinned([join(repositoryRoot, 'src/main/cli.ts'), 'serve', ...(options ?? [])]);
});
