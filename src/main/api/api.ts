import * as z from 'zod';
import { blobs, calls, type BlobName } from '#shared/contract/index.ts';
import { COMMON_ERRORS, DEFAULT_BODY_BYTES, STORAGE_ERRORS, type BlobDefinition, type CallDefinition, type Reply } from '#shared/contract/define.ts';
import { PenumbraError, toErrorValue, type ErrorCode, type ErrorValue } from '#shared/errors.ts';
import type { BlobContent, BlobHandlers, CallHandlers } from './handlers.ts';
import type { EventHub } from './event-hub.ts';

/** The API without a transport. The server puts it on a socket; tests may call it directly. */
export interface Api {
  call(name: string, input: unknown): Promise<Reply<unknown>>;
  /** Throws `PenumbraError`: NOT_FOUND for unknown blobs, BAD_REQUEST for malformed ids. */
  readBlob(name: string, id: string): Promise<BlobContent>;
  writeBlob(name: string, id: string, bytes: Uint8Array): Promise<Reply<unknown>>;
  /** Most bytes of JSON this call accepts. */
  callLimit(name: string): number;
  /** Most bytes a PUT of this blob may hold; 0 when it takes none. */
  blobLimit(name: string): number;
  readonly events: EventHub;
}

export interface ApiOptions {
  readonly calls: CallHandlers;
  readonly blobs: BlobHandlers;
  readonly events: EventHub;
  readonly readOnly: boolean;
  /** Told of every failure that is a defect rather than an answer. */
  readonly onDefect: (call: string, thrown: unknown) => void;
  /** For tests: parse outputs too, and treat error codes that the contract does not declare as defects. */
  readonly strict?: boolean;
}

type AnyHandler = (input: unknown) => unknown;

export function createApi(options: ApiOptions): Api {
  const callTable = new Map<string, { definition: CallDefinition; handle: AnyHandler }>();
  for (const definition of calls) {
    // The table forgets each call's own types; `CallHandlers` has checked that handler and definition belong together.
    callTable.set(definition.name, { definition, handle: options.calls[definition.name] as AnyHandler });
  }
  const blobTable = new Map<string, { definition: BlobDefinition; handlers: BlobHandlers[BlobName] }>();
  for (const definition of blobs) {
    const handlers = options.blobs[definition.name];
    if (definition.methods.includes('PUT') !== (handlers.put !== undefined)) {
      throw new Error(`blob ${definition.name}: contract and handler disagree about PUT`);
    }
    blobTable.set(definition.name, { definition, handlers });
  }

  /** Runs one answer; what is thrown becomes an error value. */
  async function answer(
    what: string,
    errors: readonly ErrorCode[],
    output: z.ZodType | undefined,
    work: () => unknown,
  ): Promise<Reply<unknown>> {
    try {
      const value = await work();
      if (options.strict === true && output !== undefined) return { ok: true, value: checkOutput(what, output, value) };
      return { ok: true, value };
    } catch (thrown) {
      const error = toErrorValue(thrown);
      const declared = errors.includes(error.code) || COMMON_ERRORS.includes(error.code);
      if (error.code === 'INTERNAL' || !declared) options.onDefect(what, thrown);
      if (options.strict === true && !declared) return { ok: false, error: undeclared(what, error) };
      return { ok: false, error };
    }
  }

  function findBlob(name: string, id: string): { definition: BlobDefinition; handlers: BlobHandlers[BlobName] } {
    const entry = blobTable.get(name);
    if (entry === undefined) {
      throw new PenumbraError('NOT_FOUND', `there is no blob "${name}"`, { remedy: 'See docs/api.md for the blobs of this version.' });
    }
    parseInput(`blob ${name}`, entry.definition.id, id);
    return entry;
  }

  return {
    events: options.events,

    async call(name, input) {
      const entry = callTable.get(name);
      if (entry === undefined) {
        const error = new PenumbraError('NOT_FOUND', `there is no call "${name}"`, {
          remedy: 'See docs/api.md for the calls of this version.',
          details: { unknown: 'call' },
        });
        return { ok: false, error: error.toValue() };
      }
      const { definition, handle } = entry;
      const errors = definition.mutates ? [...definition.errors, ...STORAGE_ERRORS] : definition.errors;
      return answer(name, errors, definition.output, () => {
        const parsed = parseInput(name, definition.input, input);
        if (definition.mutates && options.readOnly) throw readOnlyError(name);
        return handle(parsed);
      });
    },

    async readBlob(name, id) {
      return findBlob(name, id).handlers.get(id);
    },

    async writeBlob(name, id, bytes) {
      const errors = blobTable.get(name)?.definition.errors ?? [];
      return answer(`blob ${name}`, ['NOT_FOUND', ...STORAGE_ERRORS, ...errors], blobTable.get(name)?.definition.putOutput, () => {
        const { handlers } = findBlob(name, id);
        if (handlers.put === undefined) {
          throw new PenumbraError('BAD_REQUEST', `blob "${name}" is read-only`, { remedy: 'Use GET.' });
        }
        if (options.readOnly) throw readOnlyError(`blob ${name}`);
        return handlers.put(id, bytes);
      });
    },

    callLimit: (name) => callTable.get(name)?.definition.maxBodyBytes ?? DEFAULT_BODY_BYTES,
    blobLimit: (name) => blobTable.get(name)?.definition.maxBytes ?? 0,
  };
}

function parseInput(what: string, schema: z.ZodType, input: unknown): unknown {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
  const first = issues[0];
  const where = first === undefined || first.path === '' ? 'the input' : first.path;
  throw new PenumbraError('BAD_REQUEST', `${what}: ${where}: ${first?.message ?? 'malformed'}`, {
    remedy: 'Send what docs/api.md describes for this call.',
    details: { path: first?.path ?? '', issues },
  });
}

function checkOutput(what: string, schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`${what}: the answer breaks its own contract: ${z.prettifyError(parsed.error)}`);
}

function undeclared(what: string, error: ErrorValue): ErrorValue {
  return { ...error, code: 'INTERNAL', message: `${what} answered ${error.code}, which its contract does not declare: ${error.message}` };
}

function readOnlyError(what: string): PenumbraError {
  return new PenumbraError('PROJECT_READ_ONLY', `${what} changes the project, and the project is open read-only`, {
    remedy: 'Give the project folder write permission, or copy it to a folder you own, and open it again.',
  });
}
