/** The user's own copy of the sample project: made once, never overwritten, its photos looked up in this clone. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataRoot, repositoryRoot } from './cache.mjs';
import { fileError, SetupError } from './errors.mjs';
import { withLock } from './lock.mjs';
import { capture } from './pip.mjs';
import { pinnedNode } from './pinned-node.mjs';

const PHOTOS = join(repositoryRoot, 'resources', 'sample');
const SHIPPED = join(PHOTOS, 'project');

/**
 * Runs a command of the command line and throws when it fails.
 * @param {string[]} args
 */
async function penumbra(args) {
  const node = pinnedNode();
  if (node === null) throw new SetupError('LOAD_FAILED', 'The pinned Node is not installed.', 'Run npm run setup.');
  const done = await capture(node, [join(repositoryRoot, 'src/main/cli.ts'), ...args], {
    env: { ...process.env, PENUMBRA_WATCH_PID: String(process.pid) },
  });
  if (done.code === 0) return;
  throw new SetupError(
    'LOAD_FAILED',
    `penumbra ${args[0] ?? ''} failed: ${done.stderr.trim()}`,
    'npm run -s penumbra -- doctor says what is amiss; penumbra serve DIR opens any other project.',
  );
}

/**
 * Path of the sample project, ready to be served.
 * @param {import('./say.mjs').Say} say
 * @returns {Promise<string>}
 */
export async function sampleProject(say) {
  const dir = join(dataRoot(), 'sample-project');
  // Says which clone's photos the copy points at; looked at before the project is opened, so that a start stays quick.
  const note = join(dataRoot(), 'sample-project.json');
  try {
    mkdirSync(dataRoot(), { recursive: true });
  } catch (thrown) {
    throw fileError(thrown, 'making the sample project', dir);
  }
  await withLock(join(dataRoot(), 'sample-project.lock'), say, async () => {
    if (existsSync(dir)) {
      if (!existsSync(note) || JSON.parse(readFileSync(note, 'utf8')).photos === PHOTOS) return;
      try {
        await penumbra(['repoint', PHOTOS, '--project', dir]);
      } catch (thrown) {
        if (!(thrown instanceof SetupError)) throw thrown;
        say.line(`The sample project still looks for its photos elsewhere: ${thrown.message}`);
        return;
      }
    } else {
      await makeCopy(dir, say);
    }
    writeFileSync(note, `${JSON.stringify({ photos: PHOTOS })}\n`);
  });
  return dir;
}

/** Made beside its place and renamed when complete. @param {string} dir @param {import('./say.mjs').Say} say */
async function makeCopy(dir, say) {
  say.line('Making your copy of the sample project.');
  const making = `${dir}.new`;
  try {
    rmSync(making, { recursive: true, force: true });
    if (existsSync(SHIPPED)) {
      cpSync(SHIPPED, making, { recursive: true });
      await penumbra(['repoint', PHOTOS, '--project', making]);
    } else {
      await penumbra(['new', making, '--voc', PHOTOS, '--tags', 'csv:labels.csv', '--name', 'Sample']);
    }
    renameSync(making, dir);
  } catch (thrown) {
    rmSync(making, { recursive: true, force: true });
    throw fileError(thrown, 'making the sample project', dir);
  }
}
