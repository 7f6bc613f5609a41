import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeLabelPng } from '#main/images/palette-png.ts';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';
import { coreOf, correctedOf, difference, editStateOf, fixPage, isNearSegment, painted, type FixPage } from '../support/fix-page.ts';
import { makeLabelProject, type LabelProject } from '../support/label-project.ts';

const SIZE = { width: 240, height: 180 };
const DIAMETER = 16;

/** In the older label maps class 1 reaches further to the right than in the newer ones, which a run made anew. */
describe.skipIf(noBrowser !== null)(`corrections and label maps made anew${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  let project: LabelProject;
  let bench: Workbench;
  let fix: FixPage;
  const id = () => project.imageIds[0] ?? '';
  const [newer, older] = [() => project.bases[0] ?? '', () => project.bases[1] ?? ''];
  const stroke = (x: number, y: number): boolean => isNearSegment(x, y, [121, 91], [201, 91], DIAMETER / 2);

  beforeAll(async () => {
    project = await makeLabelProject([{ name: 'p1', ...SIZE, tags: [1, 2] }]);
    bench = await openWorkbench({ dir: project.dir });
    await bench.page.evaluate((size) => localStorage.setItem('penumbra.brushPx', String(size)), DIAMETER);
    fix = fixPage(bench.page);
    await fix.open(id(), 'p1', SIZE);
  });
  afterAll(async () => {
    await bench.close();
    await project.remove();
  });

  /** Pixels of the stroke where the newer maps say neither what was painted over nor what was painted. */
  function expectedConflicts(): Set<number> {
    const [before, now] = [project.baseMap(id(), older()), project.baseMap(id(), newer())];
    const found = [...now.data.keys()].filter((pixel) => stroke(pixel % SIZE.width, Math.floor(pixel / SIZE.width)) && before.data[pixel] !== now.data[pixel] && now.data[pixel] !== 2);
    return new Set(found);
  }
  /** Chooses label maps, until their mask with the corrections is shown. The view stays where it was. */
  async function choose(base: string): Promise<void> {
    const { page } = bench;
    const loaded = page.waitForResponse((answer) => answer.url().includes(`/api/blob/corrected/${id()}.${base}`));
    await page.getByLabel('Label maps').selectOption(base);
    await loaded;
    await page.locator('.loading').waitFor({ state: 'detached' });
    await page.locator('.canvas').focus();
  }
  const notice = () => bench.page.getByText(/pixels where the label maps now disagree with corrections/);

  it('are made on the label maps that are chosen', async () => {
    await choose(older());
    await fix.press('b', '2');
    await fix.drag([120, 90], [200, 90]);
    await fix.saved();
    await expect.poll(() => editStateOf(project.dir, id())).toMatchObject({ gestures: 1, base: older(), conflictPixels: 0 });
    expect(difference(await correctedOf(project.dir, id(), older()), painted(project.baseMap(id(), older()), 2, stroke))).toBe(0);
    expect(await notice().count()).toBe(0);
  });

  it('keep the stroke, count where the two disagree, and mark just those pixels', async () => {
    await choose(newer());
    await notice().waitFor();
    const conflicts = expectedConflicts();
    expect(conflicts.size).toBeGreaterThan(100);
    expect(await notice().innerText()).toContain(`${conflicts.size} pixels`);
    const want = painted(project.baseMap(id(), newer()), 2, stroke);
    expect(difference(await correctedOf(project.dir, id(), newer()), want)).toBe(0);
    const { client } = await coreOf(project.dir);
    const { map } = decodeLabelPng((await client.getBlob('conflicts', `${id()}.${newer()}`)).bytes, 'conflicts');
    expect(new Set([...map.data.keys()].filter((pixel) => map.data[pixel] !== 0))).toEqual(conflicts);
  });

  it('are gone to by key', async () => {
    const zoomed = await bench.page.locator('.canvas').screenshot();
    await fix.press('c');
    await expect.poll(async () => (await bench.page.locator('.canvas').screenshot()).equals(zoomed)).toBe(false);
  });

  it('are settled by painting over them on the new maps, and come back with undo', async () => {
    await fix.open(id(), 'p1', SIZE);
    await notice().waitFor();
    await fix.press('b', '3', ']', ']', ']');
    await fix.drag([110, 90], [220, 90]);
    await fix.saved();
    await notice().waitFor({ state: 'detached' });
    expect((await editStateOf(project.dir, id())).conflictPixels).toBe(0);
    await fix.press('Control+z');
    await notice().waitFor();
    expect((await editStateOf(project.dir, id())).conflictPixels).toBe(expectedConflicts().size);
  });

  it('complain of nothing', () => {
    expect(bench.complaints).toEqual([]);
  });
});
