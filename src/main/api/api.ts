import { blobs, calls, type BlobName } from '#shared/contract/index.ts';
import { STORAGE_ERRORS, type BlobDefinition, type Reply } from '#shared/contract/define.ts';
import { PenumbraError } from '#shared/errors.ts';
import { answer, createCallTable, parseInput, readOnlyError, type AnswerOptions, type CallTable } from './call-table.ts';
import type { BlobContent, BlobHandlers, CallHandlers } from './handlers.ts';
import type { EventHub } from './event-hub.ts';

/** The API without a transport. The server puts it on a socket; tests may call it directly. */
export interface Api extends CallTable {
  /** Throws `PenumbraError`: NOT_FOUND for unknown blobs, BAD_REQUEST for malformed ids. */
  readBlob(name: string, id: string): Promise<BlobContent>;
  writeBlob(name: string, id: string, bytes: Uint8Array): Promise<Reply<unknown>>;
  /** Most bytes a PUT of this blob may hold; 0 when it takes none. */
  blobLimit(name: string): number;
  readonly events: EventHub;
}

export interface ApiOptions extends AnswerOptions {
  readonly calls: CallHandlers;
  readonly blobs: BlobHandlers;
  readonly events: EventHub;
}

export function createApi(options: ApiOptions): Api {
  const blobTable = new Map<string, { definition: BlobDefinition; handlers: BlobHandlers[BlobName] }>();
  for (const definition of blobs) {
    const handlers = options.blobs[definition.name];
    if (definition.methods.includes('PUT') !== (handlers.put !== undefined)) {
      throw new Error(`blob ${definition.name}: contract and handler disagree about PUT`);
    }
    blobTable.set(definition.name, { definition, handlers });
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
    ...createCallTable(calls, options.calls, options),
    events: options.events,

    async readBlob(name, id) {
      return findBlob(name, id).handlers.get(id);
    },

    async writeBlob(name, id, bytes) {
      const definition = blobTable.get(name)?.definition;
      const errors = ['NOT_FOUND', ...STORAGE_ERRORS, ...(definition?.errors ?? [])] as const;
      return answer(`blob ${name}`, { errors, output: definition?.putOutput }, options, () => {
        const { handlers } = findBlob(name, id);
        if (handlers.put === undefined) {
          throw new PenumbraError('BAD_REQUEST', `blob "${name}" is read-only`, { remedy: 'Use GET.' });
        }
        if (options.readOnly) throw readOnlyError(`blob ${name}`);
        return handlers.put(id, bytes);
      });
    },

    blobLimit: (name) => blobTable.get(name)?.definition.maxBytes ?? 0,
  };
}
