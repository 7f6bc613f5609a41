import type * as z from 'zod';
import { PROJECT_HEADER, type CallDefinition } from '#shared/contract/define.ts';
import { PenumbraError } from '#shared/errors.ts';
import { strings } from '../strings/index.ts';
import { readRefusal, readReply } from './reply.ts';

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** The request outlives the page, for what must be said while leaving. */
  readonly keepalive?: boolean;
  /** Id of the project that is meant, where it is not the one shown. */
  readonly projectId?: string | null;
}

let shownProjectId: string | null = null;

/** From now on calls are meant for this project: one that reaches another, just opened by the host, is refused there. */
export function callsAreFor(projectId: string | null): void {
  shownProjectId = projectId;
}

/**
 * A call to the core of the open project. Throws the core's error value as `PenumbraError`; SHUTTING_DOWN when nobody answers,
 * OTHER_PROJECT when it is another core than that of the project shown.
 */
export function call<I extends z.ZodType, O extends z.ZodType>(definition: CallDefinition<I, O>, input: z.input<I>, options: RequestOptions = {}): Promise<z.output<O>> {
  const { projectId = shownProjectId, ...rest } = options;
  return post(`/api/call/${definition.name}`, definition, input, rest, projectId === null ? {} : { [PROJECT_HEADER]: projectId });
}

/** A call to the process that serves this page: which project is open, recent ones, folders. */
export function callHost<I extends z.ZodType, O extends z.ZodType>(definition: CallDefinition<I, O>, input: z.input<I>, options: RequestOptions = {}): Promise<z.output<O>> {
  return post(`/host/call/${definition.name}`, definition, input, options, {});
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

async function post<O extends z.ZodType>(
  path: string,
  definition: CallDefinition<z.ZodType, O>,
  input: unknown,
  options: RequestInit,
  headers: Readonly<Record<string, string>>,
): Promise<z.output<O>> {
  const answer = await request(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(input), ...options });
  return readReply(definition.name, answer.status, await json(answer), definition.output);
}

async function request(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (thrown) {
    if (init.signal?.aborted === true) throw thrown;
    const { message, remedy } = strings.trouble.away;
    throw new PenumbraError('SHUTTING_DOWN', message, { remedy });
  }
}

async function json(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    return undefined;
  }
}
