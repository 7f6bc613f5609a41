/// <reference lib="dom" />
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import * as z from 'zod';
import { createProject } from '../../src/main/project/open.ts';
import type { ImportedImage } from '../../src/shared/domain/imported.ts';
import { openWorkbench, type Workbench } from '../../tests/support/browser.ts';
import type { Measured } from './method-measures.ts';

const RENDERER = path.resolve(import.meta.dirname, '../../out/renderer');
const IMAGES = 10_000;
const DIFFERENT = 16;
const SCROLL_MS = 12_000;
const WHEEL_PX = 900;

/** The place Data: how soon it shows, what it loads first, and whether scrolling through 10,000 images lets input through. */
export async function imageGrid(): Promise<Measured> {
  return [...(await firstPaint()), ...(await scrolling())];
}

async function firstPaint(): Promise<Measured> {
  const bench = await openWorkbench();
  try {
    const { page } = bench;
    await page.getByRole('gridcell').first().waitFor();
    await page.reload();
    const cellsMs = await page.waitForFunction(() => (document.querySelector('[role=gridcell]') === null ? false : performance.now())).then((handle) => handle.jsonValue());
    const thumbnailMs = await page
      .waitForFunction(() => ((document.querySelector<HTMLImageElement>('[role=gridcell] img')?.naturalWidth ?? 0) > 0 ? performance.now() : false))
      .then((handle) => handle.jsonValue());
    return [
      { figure: 'sample: grid painted after start', value: Number(cellsMs) / 1000, unit: 's', atMost: 2 },
      { figure: 'sample: first thumbnail after start', value: Number(thumbnailMs) / 1000, unit: 's' },
      { figure: 'JavaScript loaded until the grid shows, gzipped', value: (await scriptBytes(bench)) / 1000, unit: 'kB', atMost: 600 },
    ];
  } finally {
    await bench.close();
  }
}

async function scriptBytes({ page }: Workbench): Promise<number> {
  const names = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => new URL(name).pathname)
      .filter((name) => name.endsWith('.js')),
  );
  return [...new Set(names)].reduce((sum, name) => sum + gzipSync(readFileSync(path.join(RENDERER, name))).byteLength, 0);
}

async function scrolling(): Promise<Measured> {
  const folder = mkdtempSync(path.join(tmpdir(), 'penumbra-bench-grid-'));
  const bench = await openWorkbench({ dir: await makeLargeProject(folder) });
  try {
    const { page } = bench;
    await page.getByRole('gridcell').first().waitFor();
    await page.evaluate(() => {
      const blocked: number[] = [];
      Object.assign(globalThis, { blocked });
      new PerformanceObserver((list) => blocked.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
    });
    await bench.browser.startTracing(page, { categories: ['toplevel'] });
    await page.getByRole('grid').hover();
    const fromMs = performance.now();
    while (performance.now() - fromMs < SCROLL_MS) await page.mouse.wheel(0, WHEEL_PX);
    const cpuMs = longestTaskMs(await bench.browser.stopTracing());
    await page.keyboard.press('End');
    await page.waitForTimeout(1000);
    const { blocked, scrolledPx, last } = await page.evaluate(() => ({
      blocked: (globalThis as unknown as { blocked: number[] }).blocked,
      scrolledPx: document.querySelector('[role=grid]')?.scrollTop ?? 0,
      last: [...document.querySelectorAll('[role=gridcell]')].at(-1)?.getAttribute('aria-label') ?? '',
    }));
    if (!last.startsWith(nameOf(IMAGES - 1))) throw new Error(`the last image is not shown: ${last}`);
    return [
      { figure: `${IMAGES} images: longest that scrolling blocks input (0 = never over 50)`, value: Math.max(0, ...blocked), unit: 'ms', atMost: 50 },
      { figure: `${IMAGES} images: longest task of the page, time on the processor alone`, value: cpuMs, unit: 'ms', atMost: 50 },
      { figure: `${IMAGES} images: scrolled through`, value: scrolledPx, unit: 'px' },
    ];
  } finally {
    await bench.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const Trace = z.object({ traceEvents: z.array(z.object({ name: z.string(), pid: z.number(), tid: z.number(), tdur: z.number().optional(), args: z.record(z.string(), z.unknown()).optional() })) });

/** Longest task on the page's main thread by thread time, which a busy machine does not lengthen as it does the time on the clock. */
function longestTaskMs(trace: Buffer): number {
  const { traceEvents } = Trace.parse(JSON.parse(trace.toString()));
  const main = new Set(traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.['name'] === 'CrRendererMain').map(({ pid, tid }) => `${pid}.${tid}`));
  return traceEvents.reduce((longest, { pid, tid, tdur = 0 }) => (main.has(`${pid}.${tid}`) ? Math.max(longest, tdur / 1000) : longest), 0);
}

const nameOf = (index: number): string => `photo-${String(index).padStart(5, '0')}`;

/** A project of 10,000 generated photos: a few files under many names. */
async function makeLargeProject(folder: string): Promise<string> {
  const root = path.join(folder, 'photos');
  mkdirSync(root);
  const size = { width: 320, height: 240 };
  const first = Array.from({ length: DIFFERENT }, (_, index) => path.join(root, `${nameOf(index)}.jpg`));
  for (const [index, file] of first.entries()) {
    writeFileSync(file, await sharp({ create: { ...size, channels: 3, background: { r: 15 * index, g: 90, b: 255 - 15 * index } } }).jpeg().toBuffer());
  }
  const hashes = first.map((file) => createHash('sha256').update(readFileSync(file)).digest('hex'));
  const images = Array.from({ length: IMAGES }, (_, index): ImportedImage => {
    const name = nameOf(index);
    const file = path.join(root, `${name}.jpg`);
    if (index >= DIFFERENT) linkSync(first[index % DIFFERENT] ?? '', file);
    const { size: bytes, mtimeMs } = statSync(file);
    const tags = [1 + (index % 20), 1 + ((index * 7) % 20)];
    return {
      id: `im_${index.toString(36).padStart(16, '0')}`,
      name,
      photoPath: `${name}.jpg`,
      photo: { bytes, mtimeMs, sha256: hashes[index % DIFFERENT] ?? '' },
      ...size,
      split: index % 3 === 0 ? 'val' : 'train',
      tags: [...new Set(tags)].sort((a, b) => a - b),
      mask: null,
      problem: null,
    };
  });
  const dir = path.join(folder, 'project');
  const project = await createProject(dir, { name: '10,000 images' });
  const classes = Array.from({ length: 20 }, (_, index) => ({ index: index + 1, name: `class ${index + 1}`, colour: [12 * index, 200 - 8 * index, 60] as [number, number, number] }));
  project.storeImport({ root, classes, images, supervision: [{ split: 'train', classIndex: null, kind: 'tags' }], problems: [], truthUse: null });
  project.close();
  return dir;
}
