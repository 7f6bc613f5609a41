import { fileURLToPath } from 'node:url';
import { encodeForDisplay, encodeThumbnail, type DisplayForm } from './browser-photo.ts';
import { PhotoProcess } from './apart/photo-process.ts';
import type { PhotoJob } from './apart/photo-worker.ts';
import { headerOf, openPhoto, type PhotoHeader, type PhotoSource } from './photo.ts';

/**
 * Photos as the core reads them: neither one that its user writes anew meanwhile (see `PhotoSource`) nor a huge one may end it or fill its memory.
 * Small photos are decoded here, from their bytes; large ones in a process apart, which starts in a fraction of what they take.
 */

const WORKER = fileURLToPath(new URL('./apart/photo-worker.ts', import.meta.url));
const TIMEOUT_MS = 5 * 60_000;
/** Decoded here: at most 4 bytes of memory for each of these px, should the decoder need the whole photo. */
const HERE_PIXELS = 16_000_000;

/** Throws as `readPhotoHeader`, and IMAGE_UNREADABLE when reading was given up. */
export async function readHeaderInCore(path: string, options: { maxPixels?: number } = {}): Promise<PhotoHeader> {
  const source = await openPhoto(path);
  return isInMemory(source) ? headerOf(source, options) : apart<PhotoHeader>({ make: 'header', path, ...options });
}

/** Throws as `encodeThumbnail`, and IMAGE_UNREADABLE when making it was given up, as when `signal` says so. */
export async function thumbnailInCore(path: string, longSidePx: number, signal: AbortSignal): Promise<Buffer> {
  const source = await openPhoto(path);
  if (isInMemory(source)) {
    const { width, height } = await headerOf(source);
    if (width * height <= HERE_PIXELS) return encodeThumbnail(source, longSidePx);
  }
  return Buffer.from(await apart<Uint8Array>({ make: 'thumbnail', path, longSidePx }, signal));
}

/** Throws as `encodeForDisplay`, and IMAGE_UNREADABLE when making it was given up, as when `signal` says so. */
export async function displayInCore(path: string, form: Exclude<DisplayForm, 'as-it-is'>, maxPixels: number, signal: AbortSignal): Promise<Buffer> {
  const source = await openPhoto(path);
  if (isInMemory(source)) return encodeForDisplay(source, form, Math.min(maxPixels, HERE_PIXELS));
  return Buffer.from(await apart<Uint8Array>({ make: 'display', path, form, maxPixels }, signal));
}

function isInMemory(source: PhotoSource): boolean {
  return typeof source.input !== 'string';
}

async function apart<T>(job: PhotoJob, signal?: AbortSignal): Promise<T> {
  const reading = new PhotoProcess<T>(job, { worker: WORKER, photoPath: job.path, doing: 'reading it', timeoutMs: TIMEOUT_MS });
  const onAbort = (): void => reading.kill();
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    return await reading.done;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
