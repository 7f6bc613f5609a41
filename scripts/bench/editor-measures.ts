/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { openWorkbench } from '../../tests/support/browser.ts';
import { openFix } from '../../tests/support/fix-page.ts';
import { makeLabelProject } from '../../tests/support/label-project.ts';
import type { Measured } from './method-measures.ts';

const FRAME_MS = 1000 / 60;
const EARLY = 10;
const LATE = 1000;
/** Strokes measured around the tenth and the thousandth. */
const WINDOW = 10;

interface Sample {
  /** From the start of the event's handler to the end of the drawing that shows it. */
  readonly handlerToDrawnMs: number;
  /** From the event to the start of the frame after the one that drew it, when that one is on the screen. */
  readonly eventToShownMs: number;
}

/** Painting on a photo of 4,000 × 3,000 px in the built page, with real pointer events. */
export async function maskEditor(): Promise<Measured> {
  const project = await makeLabelProject([
    { name: 'p1', width: 4000, height: 3000, tags: [1] },
    { name: 'p2', width: 1000, height: 750, tags: [1, 2] },
    { name: 'p3', width: 1000, height: 750, tags: [2] },
  ]);
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

    for (let index = 0; index < EARLY - WINDOW / 2; index++) await stroke(index, 4);
    await takeSamples(page);
    for (let index = EARLY - WINDOW / 2; index < EARLY + WINDOW / 2; index++) await stroke(index, 30);
    const early = await takeSamples(page);
    await page.evaluate(paintMany, LATE - EARLY - (3 * WINDOW) / 2);
    await takeSamples(page);
    for (let index = LATE - WINDOW; index < LATE; index++) await stroke(index - LATE + EARLY + WINDOW / 2, 30);
    const late = await takeSamples(page);

    await page.keyboard.press('g');
    await page.mouse.click(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2);
    const undoMs: number[] = [];
    for (let round = 0; round < 20; round++) undoMs.push(await keyToDrawn(page, 'Control+z'));

    await page.getByText(/^Saved/).first().waitFor({ timeout: 60_000 });
    const nextMs: number[] = [];
    for (const [from, to] of [['p1', 'p2'], ['p2', 'p3']] as const) {
      await page.getByText(from, { exact: true }).waitFor();
      await page.waitForTimeout(1500); // the next image is made ready meanwhile
      nextMs.push(await page.evaluate(timeToNext, to));
    }

    const all = [...early, ...late];
    return [
      { figure: 'brush, handler to end of draw, p95', value: quantile(all.map((one) => one.handlerToDrawnMs), 0.95), unit: 'ms', atMost: 8 },
      { figure: 'brush, event to presented frame, p95', value: quantile(all.map((one) => one.eventToShownMs), 0.95) / FRAME_MS, unit: 'frames', atMost: 2 },
      {
        figure: 'stroke 1,000 against stroke 10, median',
        value: quantile(late.map((one) => one.handlerToDrawnMs), 0.5) / quantile(early.map((one) => one.handlerToDrawnMs), 0.5),
        unit: '×',
        atMost: 1.1,
      },
      { figure: 'undo to end of draw, worst of 20', value: Math.max(...undoMs), unit: 'ms', atMost: 50 },
      { figure: 'next image, prefetched, worst of 2', value: Math.max(...nextMs), unit: 'ms', atMost: 100 },
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
  let waiting: { eventMs: number; startMs: number }[] = [];
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
      if (event instanceof PointerEvent && event.buttons === 1) waiting.push({ eventMs: event.timeStamp, startMs });
    };
    listen.call(this, type, timed, options as AddEventListenerOptions);
  };
  const nextFrame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    nextFrame((frameMs) => {
      callback(frameMs);
      const drawnMs = performance.now();
      window.benchDrawn = drawnMs;
      const shown = waiting;
      waiting = [];
      if (shown.length === 0) return;
      nextFrame(() => {
        const shownMs = performance.now();
        for (const { eventMs, startMs } of shown) window.benchSamples.push({ handlerToDrawnMs: drawnMs - startMs, eventToShownMs: shownMs - eventMs });
      });
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

/** From pressing N until the other image's name stands there and a frame has been drawn since. */
function timeToNext(name: string): Promise<number> {
  return new Promise((resolve) => {
    const startMs = performance.now();
    document.querySelector<HTMLElement>('.canvas')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'n', code: 'KeyN', bubbles: true, cancelable: true }));
    const poll = (): void => {
      if (document.querySelector('.file')?.textContent !== name) setTimeout(poll, 0);
      else requestAnimationFrame(() => resolve(performance.now() - startMs));
    };
    poll();
  });
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) throw new Error('nothing was measured');
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
