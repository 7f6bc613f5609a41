/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import * as z from 'zod';
import { openWorkbench } from '../../tests/support/browser.ts';
import { openFix } from '../../tests/support/fix-page.ts';
import { makeLabelProject } from '../../tests/support/label-project.ts';
import type { Measured } from './method-measures.ts';
import { quantile, taskMs } from './page-time.ts';

const FRAME_MS = 1000 / 60;
/** Strokes measured around the tenth and the thousandth: enough that neither a busy moment nor the place of one stroke decides. */
const EARLY = [10, 110] as const;
const LATE = [950, 1050] as const;
const STEPS = 10;
/** Strokes of which every move is followed to the screen. */
const TRACED = 30;

/** From the start of a pointer event's handler to the end of the drawing that shows it, ms. */
type Sample = number;

/** Painting on a photo of 4,000 × 3,000 px in the built page, with real pointer events. */
export async function maskEditor(): Promise<Measured> {
  const project = await makeLabelProject([{ name: 'p1', width: 4000, height: 3000, tags: [1] }]);
  const bench = await openWorkbench({ dir: project.dir });
  try {
    const { page } = bench;
    page.setDefaultTimeout(120_000);
    await page.addInitScript(watchDrawing);
    await page.reload();
    await openFix(page, project.imageIds[0] ?? '', 'p1');
    await page.locator('.loading').waitFor({ state: 'detached' });

    const canvas = await page.locator('.canvas').boundingBox();
    if (canvas === null) throw new Error('there is no canvas');
    const stroke = async (index: number, steps: number): Promise<void> => {
      const x = canvas.x + 60 + ((index * 53) % (canvas.width - 320));
      const y = canvas.y + 60 + ((index * 37) % (canvas.height - 120));
      await page.keyboard.press(String(1 + (index % 3)));
      await page.mouse.move(x, y);
      await page.mouse.down();
      for (let step = 1; step <= steps; step++) await page.mouse.move(x + (200 * step) / steps, y + 20 * Math.sin(step / 3));
      await page.mouse.up();
    };
    const cdp = await bench.context.newCDPSession(page);
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    /** Paints strokes `from` to before `to`: what each handler took to be drawn, and the page's own time on the processor a move. */
    const measured = async ([from, to]: readonly [number, number]): Promise<{ samples: Sample[]; cpuMs: number }> => {
      // What is still being saved is not painting.
      await savedAll(page);
      await takeSamples(page);
      const before = await taskMs(cdp);
      for (let index = from; index < to; index++) await stroke(index, STEPS);
      const cpuMs = (await taskMs(cdp)) - before;
      return { samples: await takeSamples(page), cpuMs: cpuMs / ((to - from) * STEPS) };
    };

    for (let index = 0; index < EARLY[0]; index++) await stroke(index, 4);
    const early = await measured(EARLY);
    // Apart from the others, since following events costs time as well.
    await bench.browser.startTracing(page, { categories: ['cc', 'benchmark', 'input'] });
    for (let index = EARLY[1]; index < EARLY[1] + TRACED; index++) await stroke(index, 30);
    const shown = shownMs(await bench.browser.stopTracing());
    await page.evaluate(paintMany, LATE[0] - EARLY[1] - TRACED);
    const late = await measured(LATE);
    await page.keyboard.press('g');
    await savedAll(page);
    await page.mouse.click(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2);
    const undoMs: number[] = [];
    for (let round = 0; round < 20; round++) undoMs.push(await keyToDrawn(page, 'Control+z'));

    return [
      { figure: 'brush, handler to end of draw, p95', value: quantile([...early.samples, ...late.samples], 0.95), unit: 'ms', atMost: 8 },
      { figure: 'brush, event to presented frame, p95', value: quantile(shown, 0.95) / FRAME_MS, unit: 'frames', atMost: 2 },
      { figure: 'brush, event to presented frame, median', value: quantile(shown, 0.5) / FRAME_MS, unit: 'frames' },
      {
        figure: `strokes ${LATE[0]} to ${LATE[1]} against ${EARLY[0]} to ${EARLY[1]}, median`,
        value: quantile(late.samples, 0.5) / quantile(early.samples, 0.5),
        unit: '×',
        atMost: 1.1,
      },
      { figure: 'the same by time on the processor alone, of all the page does a move', value: late.cpuMs / early.cpuMs, unit: '×' },
      { figure: 'undo to end of draw, worst of 20', value: Math.max(...undoMs), unit: 'ms', atMost: 50 },
    ];
  } finally {
    await bench.close();
    await project.remove();
  }
}

declare global {
  interface Window {
    benchSamples: Sample[];
    benchDrawn: number;
  }
}

/** Runs in the page before it: times handlers of pointer moves on the canvas, and the animation frames that draw what they changed. */
function watchDrawing(): void {
  window.benchSamples = [];
  window.benchDrawn = 0;
  let waiting: number[] = [];
  const listen = Reflect.get<EventTarget, 'addEventListener'>(EventTarget.prototype, 'addEventListener');
  EventTarget.prototype.addEventListener = function (type: string, listener: EventListenerOrEventListenerObject | null, options?: unknown) {
    const isCanvas = type === 'pointermove' && this instanceof HTMLElement && this.getAttribute('role') === 'application';
    if (!isCanvas || typeof listener !== 'function') {
      listen.call(this, type, listener, options as AddEventListenerOptions);
      return;
    }
    const timed = (event: Event): void => {
      const startMs = performance.now();
      listener.call(this, event);
      if (event instanceof PointerEvent && event.buttons === 1) waiting.push(startMs);
    };
    listen.call(this, type, timed, options as AddEventListenerOptions);
  };
  const nextFrame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    nextFrame((frameMs) => {
      callback(frameMs);
      const drawnMs = performance.now();
      window.benchDrawn = drawnMs;
      for (const startMs of waiting) window.benchSamples.push(drawnMs - startMs);
      waiting = [];
    });
}

/** Strokes between those measured, as fast as the page takes them. */
async function paintMany(count: number): Promise<void> {
  const canvas = document.querySelector<HTMLElement>('.canvas');
  if (canvas === null) throw new Error('there is no canvas');
  // Only a real pointer can be captured.
  canvas.setPointerCapture = () => undefined;
  const { left, top, width, height } = canvas.getBoundingClientRect();
  for (let index = 0; index < count; index++) {
    const x = left + 60 + ((index * 53) % (width - 320));
    const y = top + 60 + ((index * 37) % (height - 120));
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: String(1 + (index % 3)), bubbles: true }));
    const send = (type: string, at: number, buttons: number): boolean =>
      canvas.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, isPrimary: true, button: type === 'pointermove' ? -1 : 0, buttons, clientX: x + at, clientY: y }));
    send('pointerdown', 0, 1);
    send('pointermove', 40, 1);
    send('pointermove', 80, 1);
    send('pointerup', 80, 0);
    if (index % 10 === 0) await new Promise(requestAnimationFrame);
  }
  Reflect.deleteProperty(canvas, 'setPointerCapture');
}

async function takeSamples(page: Page): Promise<Sample[]> {
  await page.waitForTimeout(100);
  return page.evaluate(() => {
    const samples = window.benchSamples;
    window.benchSamples = [];
    return samples;
  });
}

/** From the key's first handler to the end of the frame that drew what it changed. */
async function keyToDrawn(page: Page, keys: string): Promise<number> {
  const started = page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        window.addEventListener(
          'keydown',
          function begin(event) {
            if (event.key !== 'z') return;
            window.removeEventListener('keydown', begin, true);
            const startMs = performance.now();
            const before = window.benchDrawn;
            const poll = (): void => {
              if (window.benchDrawn === before) setTimeout(poll, 0);
              else resolve(window.benchDrawn - startMs);
            };
            poll();
          },
          true,
        );
      }),
  );
  await page.waitForTimeout(30);
  await page.keyboard.press(keys);
  return started;
}

const Latencies = z.object({
  traceEvents: z.array(
    z.object({
      name: z.string(),
      ph: z.string(),
      ts: z.number(),
      pid: z.number(),
      id2: z.object({ local: z.string() }).optional(),
      args: z.object({ event_latency: z.object({ event_type: z.string() }).optional() }).optional(),
    }),
  ),
});

/** From each move of a pressed pointer to the frame on the screen that shows it, ms: as the browser itself follows them. */
function shownMs(trace: Buffer): number[] {
  const begun = new Map<string, number>();
  const tookMs: number[] = [];
  for (const { name, ph, ts, pid, id2, args } of Latencies.parse(JSON.parse(trace.toString())).traceEvents.sort((a, b) => a.ts - b.ts)) {
    if (name !== 'EventLatency' || id2 === undefined) continue;
    const key = `${pid}.${id2.local}`;
    const from = begun.get(key);
    if (ph === 'b' && args?.event_latency?.event_type === 'MOUSE_DRAGGED') begun.set(key, ts);
    if (ph !== 'e' || from === undefined) continue;
    begun.delete(key);
    tookMs.push((ts - from) / 1000);
  }
  return tookMs;
}

async function savedAll(page: Page): Promise<void> {
  await page.locator('.bar .saved:not(.unsaved)', { hasText: /saved/i }).waitFor();
}
