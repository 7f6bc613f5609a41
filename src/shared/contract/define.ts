import * as z from 'zod';
import { ErrorValue, type ErrorCode } from '../errors.ts';

/** Codes that any call or blob may answer with. */
export const COMMON_ERRORS: readonly ErrorCode[] = ['BAD_REQUEST', 'UNAUTHORIZED', 'BODY_TOO_LARGE', 'OTHER_PROJECT', 'SHUTTING_DOWN', 'PROJECT_DAMAGED', 'INTERNAL'];
/** Codes that whatever changes the project may answer with besides. */
export const STORAGE_ERRORS: readonly ErrorCode[] = ['PROJECT_READ_ONLY', 'PROJECT_LOCKED', 'DISK_FULL', 'WRITE_FAILED'];

/**
 * Header of a call: id of the project it is meant for. The host may have opened another one since; its core answers OTHER_PROJECT and
 * does nothing. Without it a call is for whichever project is open.
 */
export const PROJECT_HEADER = 'penumbra-project';

/** A request with one answer: POST /api/call/NAME, JSON in, `Reply` out. */
export interface CallDefinition<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType, N extends string = string> {
  readonly kind: 'call';
  readonly name: N;
  readonly summary: string;
  readonly input: I;
  readonly output: O;
  /** Codes this call may answer with, besides `COMMON_ERRORS` and, when it changes the project, `STORAGE_ERRORS`. */
  readonly errors: readonly ErrorCode[];
  /** True when the call changes the project; refused on a read-only project. */
  readonly mutates: boolean;
  /** Most bytes of JSON the call accepts; more is BODY_TOO_LARGE before it is parsed. */
  readonly maxBodyBytes: number;
}

/** Enough for every call whose input does not hold pixels. */
export const DEFAULT_BODY_BYTES = 4 * 1024 * 1024;

/** A message of the numbered event stream: GET /api/events?after=N, one JSON `EventEnvelope` a line. */
export interface EventDefinition<P extends z.ZodType = z.ZodType, N extends string = string> {
  readonly kind: 'event';
  readonly name: N;
  readonly summary: string;
  readonly payload: P;
}

/** Bytes by opaque id: GET or PUT /api/blob/NAME/ID. */
export interface BlobDefinition<N extends string = string> {
  readonly kind: 'blob';
  readonly name: N;
  readonly summary: string;
  readonly methods: readonly ('GET' | 'PUT')[];
  readonly id: z.ZodType<string>;
  readonly contentType: string;
  /** Most bytes accepted by PUT. */
  readonly maxBytes: number;
  /** What a PUT answers with; PUT replies are JSON `Reply`s. */
  readonly putOutput?: z.ZodType;
  readonly errors: readonly ErrorCode[];
}

export function defineCall<const N extends string, I extends z.ZodType, O extends z.ZodType>(
  name: N,
  definition: { summary: string; input: I; output: O; errors?: readonly ErrorCode[]; mutates?: boolean; maxBodyBytes?: number },
): CallDefinition<I, O, N> {
  return { kind: 'call', name, errors: [], mutates: false, maxBodyBytes: DEFAULT_BODY_BYTES, ...definition };
}

export function defineEvent<const N extends string, P extends z.ZodType>(name: N, definition: { summary: string; payload: P }): EventDefinition<P, N> {
  return { kind: 'event', name, ...definition };
}

export function defineBlob<const N extends string>(name: N, definition: Omit<BlobDefinition, 'kind' | 'name'>): BlobDefinition<N> {
  return { kind: 'blob', name, ...definition };
}

export type CallInput<C> = C extends CallDefinition<infer I> ? z.input<I> : never;
/** The input as a handler sees it, after parsing and defaults. */
export type CallParsedInput<C> = C extends CallDefinition<infer I> ? z.output<I> : never;
export type CallOutput<C> = C extends CallDefinition<z.ZodType, infer O> ? z.output<O> : never;
export type EventPayload<E> = E extends EventDefinition<infer P> ? z.output<P> : never;

/** What every call answers: a value, or an error value. HTTP status is 200 for both unless transport itself failed. */
export type Reply<T> = { ok: true; value: T } | { ok: false; error: ErrorValue };

export function replySchema<O extends z.ZodType>(output: O) {
  return z.discriminatedUnion('ok', [
    z.strictObject({ ok: z.literal(true), value: output }),
    z.strictObject({ ok: z.literal(false), error: ErrorValue }),
  ]);
}

/** One line of the event stream. `number` grows by one; a gap or `resync` means: fetch state anew. */
export const EventEnvelope = z.strictObject({
  number: z.int().nonnegative(),
  name: z.string(),
  payload: z.unknown(),
});
export type EventEnvelope = z.infer<typeof EventEnvelope>;
