import type * as z from 'zod';
import type { CallDefinition } from '#shared/contract/define.ts';
import { PenumbraError } from '#shared/errors.ts';
import { readRefusal, readReply } from './reply.ts';

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** The request outlives the page, for what must be said while leaving. */
  readonly keepalive?: boolean;
}

/** A call to the core of the open project. Throws the core's error value as `PenumbraError`; SHUTTING_DOWN when nobody answers. */
export function call<I extends z.ZodType, O extends z.ZodType>(definition: CallDefinition<I, O>, input: z.input<I>, options: RequestOptions = {}): Promise<z.output<O>> {
  return post(`/api/call/${definition.name}`, definition, input, options);
}

/** A call to the process that serves this page: which project is open, recent ones, folders. */
export function callHost<I extends z.ZodType, O extends z.ZodType>(definition: CallDefinition<I, O>, input: z.input<I>, options: RequestOptions = {}): Promise<z.output<O>> {
  return post(`/host/call/${definition.name}`, definition, input, options);
}

/** Address of a blob, for `fetch` or an `<img>`. */
export function blobUrl(name: string, id: string): string {
  return `/api/blob/${name}/${encodeURIComponent(id)}`;
}

/** Bytes of a blob. Errors as `call`. */
export async function getBlob(name: string, id: string, options: RequestOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const what = `blob ${name}`;
  const answer = await request(blobUrl(name, id), { method: 'GET', ...options });
  if (!answer.ok) throw readRefusal(what, answer.status, await json(answer));
  return new Uint8Array(await answer.arrayBuffer());
}

async function post<O extends z.ZodType>(path: string, definition: CallDefinition<z.ZodType, O>, input: unknown, options: RequestOptions): Promise<z.output<O>> {
  const answer = await request(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(input), ...options });
  return readReply(definition.name, answer.status, await json(answer), definition.output);
}

async function request(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (thrown) {
    if (init.signal?.aborted === true) throw thrown;
    throw new PenumbraError('SHUTTING_DOWN', 'Penumbra does not answer.', {
      remedy: 'It is tried again by itself. If it stays so, start Penumbra again: what was shown as saved is on disk.',
    });
  }
}

async function json(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    return undefined;
  }
}
