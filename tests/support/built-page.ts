import { buildWindow } from '../../scripts/lib/build-window.mjs';
import { createSay } from '../../scripts/lib/say.mjs';
import { pageDir } from '#main/host/open-host.ts';
import { loadStaticFiles, type StaticFiles } from '#main/server/static-files.ts';

/** The page as it is served, built when its sources have changed. */
export async function builtPage(): Promise<StaticFiles> {
  await buildWindow(createSay());
  return loadStaticFiles(pageDir());
}
