/// <reference lib="dom" />
import { openWorkbench } from '../../tests/support/browser.ts';
import { openFix } from '../../tests/support/fix-page.ts';
import { makeLabelProject } from '../../tests/support/label-project.ts';
import type { Measured } from './method-measures.ts';
import { quantile, taskMs } from './page-time.ts';

const STEPS = 10;
/** Long enough on a busy machine for the next image to be fetched and decoded. */
const MADE_READY_MS = 4000;

/** How soon the next image stands there in Fix once it was made ready: photos of 12 Mpx, and of the size that VOC has. */
export async function nextImage(): Promise<Measured> {
  return [...(await goThrough('4,000 × 3,000', { width: 4000, height: 3000 })), ...(await goThrough('500 × 375', { width: 500, height: 375 }))];
}

async function goThrough(title: string, size: { width: number; height: number }): Promise<Measured> {
  const project = await makeLabelProject(Array.from({ length: STEPS + 1 }, (_, index) => ({ name: nameOf(index), ...size, tags: [1, 2] })));
  const bench = await openWorkbench({ dir: project.dir });
  try {
    const { page } = bench;
    page.setDefaultTimeout(120_000);
    const cdp = await bench.context.newCDPSession(page);
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    await openFix(page, project.imageIds[0] ?? '', nameOf(0));
    const nextMs: number[] = [];
    const cpuMs: number[] = [];
    for (let step = 1; step <= STEPS; step++) {
      await page.locator('.loading').waitFor({ state: 'detached' });
      await page.waitForTimeout(MADE_READY_MS);
      const before = await taskMs(cdp);
      nextMs.push(await page.evaluate(timeToNext, nameOf(step)));
      cpuMs.push((await taskMs(cdp)) - before);
    }
    return [
      { figure: `${title}: key to frame with the next image, median of ${STEPS}`, value: quantile(nextMs, 0.5), unit: 'ms', atMost: 100 },
      { figure: `${title}: the worst`, value: Math.max(...nextMs), unit: 'ms' },
      { figure: `${title}: time of the page on the processor, median`, value: quantile(cpuMs, 0.5), unit: 'ms' },
    ];
  } finally {
    await bench.close();
    await project.remove();
  }
}

/** Names that sort as they are numbered: the queue goes by name. */
function nameOf(index: number): string {
  return `p${String(index).padStart(2, '0')}`;
}

/** From pressing N until the other image's name stands there and the frame that draws it has ended. */
function timeToNext(name: string): Promise<number> {
  return new Promise((resolve) => {
    const startMs = performance.now();
    document.querySelector<HTMLElement>('.canvas')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'n', code: 'KeyN', bubbles: true, cancelable: true }));
    const poll = (): void => {
      if (document.querySelector('.file')?.textContent !== name) setTimeout(poll, 0);
      else requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - startMs)));
    };
    poll();
  });
}
