/** `npm run -s penumbra -- ARGS`: the command line on the pinned Node, after bringing what is missing. */
import { join } from 'node:path';
import { bootstrap, requireNode } from './bootstrap.mjs';
import { buildWindow } from './lib/build-window.mjs';
import { repositoryRoot } from './lib/cache.mjs';
import { runPinned } from './lib/child.mjs';
import { runMain } from './lib/errors.mjs';
import { collectFacts, factsText } from './lib/facts.mjs';
import { packagesInPlace } from './lib/packages.mjs';
import { createSay } from './lib/say.mjs';

const BARE_HELP = `usage: penumbra <command>

  new, recipes, run, runs, show, cancel, resume, score, export, supervision, vault-log, repoint, tool, serve, doctor

The npm packages are not installed yet. "npm run setup" brings them; then "penumbra --help" tells more.
`;

/** These answer with whatever is there; they must not start a download. */
function asksOnly(/** @type {string[]} */ args) {
  return (
    args.length === 0 || args[0] === 'doctor' || args[0] === 'help' || args.some((arg) => ['--help', '-h', '--version', '-V'].includes(arg))
  );
}

/** The answer of `doctor` where nothing but Node is there. */
async function bareDoctor(/** @type {boolean} */ json) {
  const items = await collectFacts();
  process.stdout.write(json ? `${JSON.stringify({ type: 'result', value: { items } })}\n` : `${factsText(items)}\n`);
  return items.some((item) => item.state === 'missing' || item.state === 'broken') ? 1 : 0;
}

runMain(async () => {
  requireNode();
  const args = process.argv.slice(2);
  if (asksOnly(args)) {
    if (!packagesInPlace()) {
      if (args[0] === 'doctor' && !args.includes('--help') && !args.includes('-h')) return bareDoctor(args.includes('--json'));
      process.stdout.write(BARE_HELP);
      return 0;
    }
  } else {
    await bootstrap();
    if (args[0] === 'serve') await buildWindow(createSay());
  }
  // npm changes to the repository's root; paths in ARGS are meant from where the user stood.
  const cwd = (process.env['npm_lifecycle_event'] === 'penumbra' ? process.env['INIT_CWD'] : undefined) ?? process.cwd();
  return runPinned([join(repositoryRoot, 'src/main/cli.ts'), ...args], { cwd });
});
