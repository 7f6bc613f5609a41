import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { chooseTheme, seriousFindings } from '../support/axe.ts';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';

/** Recipes without tensors, one of them half a minute long: runs can be watched, cancelled and reordered without an engine. */
const TINY_RECIPES = { NODE_OPTIONS: `--import=${pathToFileURL(path.resolve(import.meta.dirname, '../support/tiny-recipes-hook.mjs')).href}` };
const THEMES = ['dark', 'light', 'contrast'] as const;
const PATIENCE_MS = 30_000;

describe.skipIf(noBrowser !== null)(`runs${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  let bench: Workbench;
  let page: Page;
  beforeAll(async () => {
    bench = await openWorkbench({ env: TINY_RECIPES });
    page = bench.page;
    page.setDefaultTimeout(PATIENCE_MS);
    await page.getByText('Connected').waitFor();
  });
  afterAll(() => bench.close());

  const steps = (): ReturnType<Page['getByLabel']> => page.getByLabel('Steps', { exact: true });

  async function queueSlow(): Promise<string> {
    await page.goto(page.url().replace(/#.*/, '#/runs/new'));
    await page.getByText('Trains for half a minute.').click();
    await page.getByText('Nothing speaks against it.').or(page.getByText('Read the notes first.')).waitFor();
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/#\/runs\/run_/);
    return /run_[0-9a-z]+/.exec(page.url())?.[0] ?? '';
  }

  const queueOrder = (): Promise<string[]> =>
    page.evaluate(async () => {
      const answer = await fetch('/api/call/runs.queue', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
      const reply = (await answer.json()) as { value: { queue: { id: string }[] } };
      return reply.value.queue.map(({ id }) => id);
    });

  it('shows the finished run of the sample: stages, curves, figures by keys', async () => {
    await page.keyboard.press('Alt+4');
    await page.waitForURL(/#\/runs\/run_/);
    const stages = page.getByRole('radiogroup', { name: 'Stages of the run' });
    await stages.getByRole('radio', { name: /^classifier:.*done/ }).click();
    const loss = page.getByRole('img', { name: /^loss: last/ });
    await loss.waitFor();
    const shown = page.locator('figure', { has: loss }).locator('output');
    const last = await shown.textContent();
    await loss.press('Home');
    await expect.poll(() => shown.textContent()).not.toBe(last);
    await stages.getByRole('radio', { name: /^classifier:/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/stage=cams/);
  });

  it('explains what does not fit, keeps it while one looks elsewhere, and takes it back', async () => {
    await page.keyboard.press('n');
    await page.waitForURL(/#\/runs\/new/);
    await page.getByText('Trains for half a minute.').click();
    await page.keyboard.press('/');
    await page.keyboard.type('steps');
    await steps().fill('abc');
    await page.getByText('“abc” does not fit; expected: a whole number from 1 to 10000.').waitFor();
    expect(await page.getByRole('button', { name: 'Queue the run' }).isDisabled()).toBe(true);
    await page.getByRole('link', { name: 'Out' }).click();
    await page.waitForURL(/#\/out/);
    await page.goBack();
    await page.getByRole('searchbox').fill('steps');
    expect(await steps().inputValue()).toBe('abc');
    await steps().fill('2000');
    await page.getByText('1 setting changed').waitFor();
    await page.getByRole('button', { name: 'Back to the default: Steps' }).click();
    expect(await steps().inputValue()).toBe('3000');
  });

  it.each(THEMES)('the form has nothing serious against it for axe: %s', async (theme) => {
    await chooseTheme(page, theme);
    await page.getByLabel('Steps', { exact: true }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('queues by keys, draws the curve while it runs, cancels and resumes', async () => {
    const id = await queueSlow();
    const reading = page.locator('figure', { has: page.getByRole('img', { name: /^loss: last/ }) }).locator('output');
    const first = await reading.textContent();
    await expect.poll(() => reading.textContent(), { timeout: PATIENCE_MS }).not.toBe(first);
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('status').getByText('cancelled', { exact: true }).or(page.locator('.badge', { hasText: 'cancelled' })).first().waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.locator('.badge', { hasText: 'running' }).waitFor();
    expect(page.url()).toContain(id);
    await page.getByRole('tab', { name: 'Log' }).click();
    await page.getByText(/pid \d+/).first().waitFor();
  });

  it('reorders the queue by keys and by drag', async () => {
    const [a, b] = [await queueSlow(), await queueSlow()];
    expect(await queueOrder()).toEqual([a, b]);
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(queueOrder, { timeout: PATIENCE_MS }).toEqual([b, a]);
    await page.locator(`[data-run="${a}"]`).dragTo(page.locator(`[data-run="${b}"]`), { targetPosition: { x: 80, y: 4 } });
    await expect.poll(queueOrder, { timeout: PATIENCE_MS }).toEqual([a, b]);
  });

  it.each(THEMES)('a running run has nothing serious against it for axe: %s', async (theme) => {
    await chooseTheme(page, theme);
    await page.getByRole('radiogroup', { name: 'Stages of the run' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('complains of nothing', () => {
    expect(bench.complaints).toEqual([]);
  });
});
