import type { Page } from 'playwright-core';
import { dataset, edits } from '#shared/contract/index.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { createClient, type Client } from '#main/client/client.ts';
import { decodeLabelPng } from '#main/images/palette-png.ts';
import { liveCore } from '#main/project/lock.ts';

/** Fix in a browser, driven in px of the photo. */
export interface FixPage {
  /** Opens an image by its address and shows it at one photo px a CSS px. */
  open(imageId: string, name: string, size: { width: number; height: number }): Promise<void>;
  /** Where the middle of a photo px is on the page. */
  at(x: number, y: number): { x: number; y: number };
  click(x: number, y: number): Promise<void>;
  /** Presses at the first place, moves straight over the others, and lets go. */
  drag(...places: readonly (readonly [number, number])[]): Promise<void>;
  press(...keys: readonly string[]): Promise<void>;
  /** Until nothing waits to be saved. */
  saved(): Promise<void>;
}

export function fixPage(page: Page): FixPage {
  let origin = { x: 0, y: 0 };
  const at = (x: number, y: number) => ({ x: origin.x + x + 0.5, y: origin.y + y + 0.5 });
  return {
    at,
    async open(imageId, name, { width, height }) {
      await openFix(page, imageId, name);
      await page.locator('.loading').waitFor({ state: 'detached' });
      const canvas = page.locator('.canvas');
      await canvas.focus();
      await page.keyboard.press('v');
      await page.keyboard.press('a');
      const box = await canvas.boundingBox();
      if (box === null) throw new Error('there is no canvas');
      origin = { x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2 };
    },
    async click(x, y) {
      const to = at(x, y);
      await page.mouse.click(to.x, to.y);
    },
    async drag(first = [0, 0], ...rest) {
      const start = at(...first);
      await page.mouse.move(start.x, start.y);
      await page.mouse.down();
      for (const place of rest) {
        const to = at(...place);
        await page.mouse.move(to.x, to.y);
      }
      await page.mouse.up();
    },
    async press(...keys) {
      for (const key of keys) await page.keyboard.press(key);
    },
    async saved() {
      try {
        await page.locator('.bar .saved:not(.unsaved)', { hasText: /^Saved/ }).waitFor();
      } catch {
        const said = await page.locator('.notices, .bar, .status').allInnerTexts();
        throw new Error(`not everything is saved; at ${page.url()} the page says: ${said.join(' | ').replaceAll('\n', ' ')}`);
      }
    },
  };
}

/** Goes to an image in Fix by its address, until its name stands there: a page that is just starting may still settle on its own first place. */
export async function openFix(page: Page, imageId: string, name: string): Promise<void> {
  const shown = page.locator('.file', { hasText: new RegExp(`^${name}$`) });
  await page.getByText('Connected').waitFor();
  for (let attempt = 1; ; attempt++) {
    await page.goto(`${new URL(page.url()).origin}/#/fix/${imageId}`);
    try {
      await shown.waitFor({ timeout: 20_000 });
      return;
    } catch (thrown) {
      if (attempt === 6) throw thrown;
    }
  }
}

/** The core that has a project open, once there is one: it may just be starting again. */
export async function coreOf(dir: string): Promise<{ client: Client; pid: number }> {
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 100) {
    const owner = liveCore(dir);
    if (owner !== null && owner.socket !== null) return { client: createClient({ socketPath: owner.socket }), pid: owner.pid };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no core has ${dir} open`);
}

/** The corrected label map as the API gives it. */
export async function correctedOf(dir: string, imageId: string, base: string): Promise<LabelMap> {
  const { client } = await coreOf(dir);
  const { bytes } = await client.getBlob('corrected', `${imageId}.${base}`);
  return decodeLabelPng(bytes, imageId).map;
}

export const editStateOf = async (dir: string, imageId: string) => (await coreOf(dir)).client.call(edits.getEditState, { imageId });
export const imageOf = async (dir: string, imageId: string) => (await (await coreOf(dir)).client.call(dataset.getImage, { imageId })).image;

/** Paints every px for which `isPainted` says so. */
export function painted(map: LabelMap, label: number, isPainted: (x: number, y: number, label: number) => boolean): LabelMap {
  const data = map.data.map((now, pixel) => (isPainted(pixel % map.width, Math.floor(pixel / map.width), now) ? label : now));
  return { ...map, data };
}

/** Whether the middle of a px lies within `radius` of the segment between two places, px. */
export function isNearSegment(x: number, y: number, [ax, ay]: readonly [number, number], [bx, by]: readonly [number, number], radius: number): boolean {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x + 0.5 - ax) * dx + (y + 0.5 - ay) * dy) / length));
  return (x + 0.5 - ax - share * dx) ** 2 + (y + 0.5 - ay - share * dy) ** 2 <= radius * radius;
}

/** Pixels in which two maps differ. */
export function difference(a: LabelMap, b: LabelMap): number {
  if (a.width !== b.width || a.height !== b.height) throw new Error(`sizes differ: ${a.width}×${a.height} and ${b.width}×${b.height}`);
  return a.data.reduce((sum, label, pixel) => sum + (label === b.data[pixel] ? 0 : 1), 0);
}
