import { PenumbraError } from '#shared/errors.ts';
import type { CountedMap } from '../canvas/mask/counted-map.ts';
import { strings } from '../strings/index.ts';

/** A photo decoded, and the same at half the size, a quarter and so on: drawing it small costs what is seen. */
export interface ReadyPicture {
  readonly picture: ImageBitmap;
  readonly reduced: readonly ImageBitmap[];
}

export interface PixelJob {
  readonly id: number;
  readonly kind: 'labels' | 'picture';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type PixelAnswer = { readonly id: number } & (
  | { readonly kind: 'labels'; readonly map: CountedMap }
  | { readonly kind: 'picture'; readonly ready: ReadyPicture }
  | { readonly kind: 'unreadable'; readonly fact: string }
  /** The worker could not go on; nothing is said about the file. */
  | { readonly kind: 'failed'; readonly fact: string }
);

/** One worker for the page's life: photos and label maps are decoded there, so that painting goes on meanwhile. */
let worker: Worker | null = null;
let lastId = 0;
const waiting = new Map<number, (answer: PixelAnswer) => void>();

function start(): Worker {
  const started = new Worker(new URL('./pixel-worker.ts', import.meta.url), { type: 'module' });
  started.addEventListener('message', ({ data }: MessageEvent<PixelAnswer>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  });
  const end = (fact: string): void => {
    // It cannot go on: what waits is told, and the next job starts another.
    started.terminate();
    if (worker === started) worker = null;
    for (const [id, answer] of waiting) answer({ id, kind: 'failed', fact });
    waiting.clear();
  };
  started.addEventListener('error', ({ message }) => end(message === '' ? 'it did not start' : message));
  started.addEventListener('messageerror', () => end('its answer did not arrive whole'));
  return started;
}

/** `bytes` go to the worker and are empty afterwards. */
function run(kind: PixelJob['kind'], bytes: Uint8Array<ArrayBuffer>): Promise<PixelAnswer> {
  worker ??= start();
  const job: PixelJob = { id: ++lastId, kind, bytes };
  worker.postMessage(job, [bytes.buffer]);
  return new Promise((resolve) => waiting.set(job.id, resolve));
}

/** Reads a label map as the core sends it. Throws IMAGE_UNREADABLE; INTERNAL when the worker itself failed. */
export async function decodeLabels(bytes: Uint8Array<ArrayBuffer>): Promise<CountedMap> {
  const answer = await run('labels', bytes);
  if (answer.kind === 'labels') return answer.map;
  if (answer.kind === 'failed') throw workerFailed(answer.fact);
  const fact = answer.kind === 'unreadable' ? answer.fact : answer.kind;
  throw new PenumbraError('IMAGE_UNREADABLE', strings.trouble.unreadableMap.message(fact), {
    remedy: strings.trouble.unreadableMap.remedy,
    details: { fact },
  });
}

/** Decodes a photo that the browser can show. Throws as `decodeLabels`; `what` names it. */
export async function decodePicture(bytes: Uint8Array<ArrayBuffer>, what: string): Promise<ReadyPicture> {
  const answer = await run('picture', bytes);
  if (answer.kind === 'picture') return answer.ready;
  if (answer.kind === 'failed') throw workerFailed(answer.fact);
  throw unshowable(what);
}

function workerFailed(fact: string): PenumbraError {
  return new PenumbraError('INTERNAL', strings.trouble.workerStopped.message(fact), {
    remedy: strings.trouble.workerStopped.remedy,
    details: { fact },
  });
}

export function unshowable(what: string): PenumbraError {
  return new PenumbraError('IMAGE_UNREADABLE', strings.trouble.unshowable.message(what), { remedy: strings.trouble.unshowable.remedy, details: {} });
}
