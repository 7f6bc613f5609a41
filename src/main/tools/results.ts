import { PenumbraError } from '#shared/errors.ts';
import type { IntRaster, RgbRaster } from '#shared/raster/rasters.ts';
import type { Ending, ToolResult } from './define-tool.ts';

/** A label map as arrays and as a palette PNG: uint8 where it was made of bytes, else int32. */
export function labelsResult({ width, height, data }: IntRaster): Pick<ToolResult, 'arrays' | 'labels'> {
  const labels = data instanceof Uint8Array ? ({ dtype: 'uint8', shape: [height, width], data } as const) : ({ dtype: 'int32', shape: [height, width], data } as const);
  return { arrays: { labels }, labels: () => ({ width, height, data: data instanceof Uint8Array ? data : Uint8Array.from(data) }) };
}

/** Throws BAD_REQUEST when labels with these numbers are to become a PNG that cannot hold them. To be asked before computing. */
export function assertPaletteHolds(file: string, data: ArrayLike<number>, ending: Ending | null): void {
  if (ending !== '.png' || data instanceof Uint8Array) return;
  for (let pixel = 0; pixel < data.length; pixel++) {
    const label = data[pixel] ?? 0;
    if (label < 0 || label > 255) throw tooManyForPalette(`${file} holds the label ${label}`);
  }
}

/** The same for the best of so many planes. */
export function assertPaletteHoldsPlanes(file: string, count: number, ending: Ending | null): void {
  if (ending === '.png' && count > 256) throw tooManyForPalette(`${file} holds ${count} planes`);
}

function tooManyForPalette(fact: string): PenumbraError {
  return new PenumbraError('BAD_REQUEST', `${fact}; a palette PNG holds labels from 0 to 255.`, { remedy: 'Write it as .npy or .npz.' });
}

/** A mask of 0 and 255, as arrays and as grey PNG to look at. */
export function maskPicture({ width, height, data }: { readonly width: number; readonly height: number; readonly data: Uint8Array }): RgbRaster {
  const rgb = new Uint8Array(data.length * 3);
  for (let pixel = 0; pixel < data.length; pixel++) rgb.fill(data[pixel] ?? 0, pixel * 3, pixel * 3 + 3);
  return { width, height, data: rgb };
}
