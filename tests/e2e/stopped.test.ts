import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edits, exports as exportsContract } from '#shared/contract/index.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { encodeLabelPng } from '#main/images/palette-png.ts';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';
import { coreOf, correctedOf } from '../support/fix-page.ts';
import { callFromPage } from '../support/page-calls.ts';
import { makeTinyProject, type TinyProject } from '../support/tiny-project.ts';

const ENV = {
  /** Recipes without tensors, one of them half a minute long. */
  NODE_OPTIONS: `--import=${pathToFileURL(path.resolve(import.meta.dirname, '../support/tiny-recipes-hook.mjs')).href}`,
  /** No photo of an import is ever read to its end. */
  PENUMBRA_FAULTS: 'images.decode=hang',
};

/** What is stopped half-way, and what the window leaves behind. */
describe.skipIf(noBrowser !== null)(`stopped on the way${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  let tiny: TinyProject;
  let folder: string;
  let bench: Workbench;
  let page: Page;
  let slow: string;
  let half: string;
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'penumbra-stopped-')));
    half = path.join(folder, 'half');
    tiny = await makeTinyProject();
    bench = await openWorkbench({ dir: tiny.dir, env: { ...ENV, PENUMBRA_DATA: path.join(folder, 'data') } });
    page = bench.page;
    await page.getByText('Connected').waitFor();
  });
  afterAll(async () => {
    await bench.close();
    await tiny.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const runOf = (runId: string): Promise<RunSummary> => callFromPage<RunSummary>(page, 'runs.get', { runId });
  const stateOfSlow = async (): Promise<string> => (await runOf(slow).catch(() => null))?.state ?? 'not there';
  const openDir = async (): Promise<string | undefined> => (await callFromPage<{ project: { dir: string } | null }>(page, 'host.state')).project?.dir;
  const openAgain = (dir: string): Promise<unknown> => callFromPage(page, 'host.openProject', { dir });
  const importButton = () => page.getByRole('button', { name: 'Import', exact: true });

  it('an export, after the page was reloaded: nothing is left, the window says so, and the export of another window goes on', async () => {
    const { id } = await callFromPage<RunSummary>(page, 'runs.start', { recipe: 'tiny' });
    await expect.poll(async () => (await runOf(id)).state, { timeout: 60_000 }).toBe('done');
    const artifactOf = async (wanted: string): Promise<string> => (await runOf(id)).steps.find(({ step }) => step === wanted)?.artifact ?? '';
    const [seeds, refined] = [await artifactOf('seeds'), await artifactOf('refined')];
    const [first = '', second = ''] = (await callFromPage<{ ids: string[] }>(page, 'dataset.imageIds')).ids;
    // The export takes the first image's mask with its correction from where corrections are worked out, one after the other.
    const { client } = await coreOf(tiny.dir);
    const map = await correctedOf(tiny.dir, first, refined);
    await client.putBlob('corrected', `${first}.${refined}`, encodeLabelPng({ ...map, data: map.data.map((label, pixel) => (pixel < 500 ? 2 : label)) }), edits.EditState);
    await page.keyboard.press('Alt+6');
    await page.getByRole('radio', { name: /^Corrected/ }).check({ force: true });
    await page.getByLabel('Target folder').fill(path.join(folder, 'out'));
    const start = page.getByRole('button', { name: 'Export', exact: true }).and(page.locator(':enabled'));
    await start.waitFor();

    // A pipe in place of a mask of other label maps: whoever asks for its corrections waits, and all after it, until somebody writes.
    const file = path.join(tiny.dir, 'artifacts', seeds, `${second}.png`);
    renameSync(file, `${file}.away`);
    execFileSync('mkfifo', [file]);
    const asked = client.getBlob('corrected', `${second}.${seeds}`);
    await start.click();
    await expect.poll(() => readdirSync(folder).some((name) => name.startsWith('out.partial-')), { timeout: 60_000 }).toBe(true);
    const theirs = client.call(exportsContract.startExport, { what: 'corrected', target: path.join(folder, 'theirs'), exportId: 'of-another-window' });
    await expect.poll(() => readdirSync(folder).some((name) => name.startsWith('theirs.partial-')), { timeout: 60_000 }).toBe(true);
    await page.reload();
    await page.getByRole('progressbar', { name: 'Writing: Corrected masks' }).waitFor();
    expect(await start.count()).toBe(0);
    await page.getByRole('button', { name: 'Cancel the export' }).click();
    await page.getByRole('button', { name: 'Cancelling …' }).waitFor();
    await writeFile(file, readFileSync(`${file}.away`));
    await asked;
    await page.getByText('The export was cancelled').waitFor();
    await page.getByText('Nothing was left in the target folder.').waitFor();
    expect(await theirs).toMatchObject({ target: path.join(folder, 'theirs') });
    expect(readdirSync(folder).sort()).toEqual(['data', 'theirs']);
    renameSync(`${file}.away`, file);
  });

  it('the way to a new project, while a run goes: Stay here changes nothing', async () => {
    slow = (await callFromPage<RunSummary>(page, 'runs.start', { recipe: 'slow' })).id;
    await expect.poll(async () => (await runOf(slow)).state, { timeout: 60_000 }).toBe('running');
    await page.evaluate(`location.hash = '#/start?new=1'`);
    const root = page.getByRole('textbox', { name: 'Folder of photos' });
    await root.fill(tiny.root);
    await root.press('Enter');
    await page.getByText('labels.csv').waitFor();
    for (let step = 0; step < 3; step++) await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('textbox', { name: 'Folder' }).fill(folder);
    await page.getByRole('textbox', { name: 'Name' }).fill('half');
    await importButton().click();
    const dialog = page.getByRole('dialog', { name: 'A run is going in the open project' });
    await dialog.getByRole('button', { name: 'Stay here' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(existsSync(half)).toBe(false);
    expect((await runOf(slow)).state).toBe('running');
  });

  it('an import: nothing is imported, and the window says so; the run that was to be cancelled can be resumed', async () => {
    await importButton().click();
    const dialog = page.getByRole('dialog', { name: 'A run is going in the open project' });
    await dialog.getByRole('button', { name: 'Cancel the runs' }).click();
    await page.getByText('Reading photos and masks').waitFor();
    await page.getByRole('region', { name: 'New project' }).getByRole('button', { name: 'Cancel', exact: true }).and(page.locator(':enabled')).click();
    await page.getByText('The import was cancelled; nothing was imported.').waitFor();
    await page.getByText(`An empty project stands in ${half}.`).waitFor();
    expect((await callFromPage<{ counts: { images: number } }>(page, 'project.get')).counts.images).toBe(0);
    expect(await callFromPage(page, 'vault.log')).toMatchObject({ total: 0 });
    await openAgain(tiny.dir);
    await expect.poll(stateOfSlow, { timeout: 60_000 }).toBe('cancelled');
    await callFromPage(page, 'runs.resume', { runId: slow });
    await expect.poll(stateOfSlow, { timeout: 60_000 }).toBe('running');
  });

  it('no run, when it is to go on behind the window', async () => {
    await page.evaluate(`location.hash = '#/start'`);
    await page.getByText(half, { exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'A run is going in the open project' });
    await dialog.getByRole('button', { name: 'Keep running' }).click();
    await expect.poll(openDir, { timeout: 60_000 }).toBe(half);
    await page.waitForURL(/#\/data/);
    await openAgain(tiny.dir);
    await expect.poll(stateOfSlow, { timeout: 60_000 }).toMatch(/^(running|done)$/);
    await callFromPage(page, 'runs.cancel', { runId: slow });
  });

  it('complains of nothing but changes of project', () => {
    expect(bench.complaints.filter((text) => !/50[23]|ERR_|network error/i.test(text))).toEqual([]);
  });
});
