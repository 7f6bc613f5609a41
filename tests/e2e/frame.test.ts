import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';

describe.skipIf(noBrowser !== null)(`the frame${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.close());

  it('shows the project, its counts and that it is connected', async () => {
    const { page } = bench;
    await page.getByText('Connected').waitFor();
    await expect.poll(() => page.title()).toMatch(/ – Penumbra$/);
    await page.getByRole('contentinfo').getByText(/^\d+ images$/).waitFor();
  });

  it.each(['Look', 'Fix', 'Runs', 'Score', 'Out', 'Data'])('goes to %s by its key', async (place) => {
    const at = ['Data', 'Look', 'Fix', 'Runs', 'Score', 'Out'].indexOf(place) + 1;
    await bench.page.keyboard.press(`Alt+${at}`);
    await bench.page.waitForURL(new RegExp(`#/${place.toLowerCase()}`));
  });

  it('runs a command of the palette and lists the keys', async () => {
    const { page } = bench;
    await page.keyboard.press('Control+k');
    await page.keyboard.type('light theme');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('light');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Go to Score').waitFor();
    await page.keyboard.press('Escape');
  });

  it('complains of nothing, the Content-Security-Policy included', () => {
    expect(bench.complaints).toEqual([]);
  });
});
