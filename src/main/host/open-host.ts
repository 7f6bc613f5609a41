import path from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import { cacheRoot, dataRoot, repositoryRoot } from '../../../scripts/lib/cache.mjs';
import { SetupError } from '../../../scripts/lib/errors.mjs';
import { pinnedNode } from '../../../scripts/lib/pinned-node.mjs';
import { sampleProject } from '../../../scripts/lib/sample-project.mjs';
import { createSay } from '../../../scripts/lib/say.mjs';
import { Host, type HostOptions } from './host.ts';

/** Where `npm run build` puts the page; $PENUMBRA_PAGE_DIR names another folder. */
export function pageDir(env: NodeJS.ProcessEnv = process.env): string {
  return env['PENUMBRA_PAGE_DIR'] ?? path.join(repositoryRoot, 'out', 'renderer');
}

/** A host on this machine's set-up: pinned Node, the user's data folder, the sample project. No project is open yet. */
export function openHost(options: Pick<HostOptions, 'shell' | 'version' | 'buildId' | 'onOpened'>): Host {
  const node = pinnedNode();
  if (node === null) throw new PenumbraError('FILE_MISSING', 'the pinned Node is not installed', { remedy: 'npm run setup brings it.' });
  return new Host({
    ...options,
    launch: {
      node,
      entry: path.join(repositoryRoot, 'src', 'main', 'core.ts'),
      // Node keeps its compiled and type-stripped modules there: starts take about half the time.
      env: { NODE_COMPILE_CACHE: path.join(cacheRoot(), 'compile'), ...process.env },
    },
    dataDir: dataRoot(),
    sampleProject: makeSample,
  });
}

async function makeSample(): Promise<string> {
  try {
    return await sampleProject(createSay());
  } catch (thrown) {
    if (!(thrown instanceof SetupError)) throw thrown;
    throw new PenumbraError(thrown.code === 'DISK_FULL' ? 'DISK_FULL' : 'WRITE_FAILED', thrown.message, { remedy: thrown.remedy, cause: thrown });
  }
}
