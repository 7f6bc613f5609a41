import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { PenumbraError } from '#shared/errors.ts';
import type { BlobContent } from '../api/handlers.ts';

/** A part of a blob, both ends included, in bytes. */
interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads `Range: bytes=a-b | a- | -n`. Undefined for anything else (several ranges, other units), which HTTP lets a server
 * ignore; null when the range lies outside the blob.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | null | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? null : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? null : { start, end };
}

/** Answers a GET or HEAD with ETag, conditional requests and single ranges. */
export async function sendBlob(request: IncomingMessage, response: ServerResponse, content: BlobContent): Promise<void> {
  if (content.kind === 'bytes') {
    const etag = `"${content.etag ?? createHash('sha256').update(content.bytes).digest('hex').slice(0, 32)}"`;
    const range = writeHead(request, response, { size: content.bytes.byteLength, etag, contentType: content.contentType, cache: content.cache });
    response.end(range === null ? undefined : content.bytes.subarray(range.start, range.end + 1));
    return;
  }
  const file = await open(content.path, 'r').catch((thrown: unknown) => {
    throw new PenumbraError('FILE_MISSING', `the file of ${request.url ?? 'this blob'} cannot be opened: ${(thrown as Error).message}`, {
      remedy: 'Put the file back, or re-point the project to where its photos are now.',
      cause: thrown,
    });
  });
  try {
    const facts = await file.stat();
    const etag = `"${content.etag ?? `${facts.size.toString(16)}-${Math.round(facts.mtimeMs).toString(16)}`}"`;
    const range = writeHead(request, response, { size: facts.size, etag, contentType: content.contentType, cache: content.cache });
    if (range === null || facts.size === 0) response.end();
    else await pipeline(file.createReadStream({ start: range.start, end: range.end, autoClose: false }), response);
  } finally {
    await file.close();
  }
}

/** Writes status and headers; returns what part of the body to send, or null for none. */
function writeHead(
  request: IncomingMessage,
  response: ServerResponse,
  blob: { size: number; etag: string; contentType: string; cache: BlobContent['cache'] },
): ByteRange | null {
  const headers: Record<string, string | number> = {
    'Content-Type': blob.contentType,
    ETag: blob.etag,
    'Accept-Ranges': 'bytes',
    // Always asked again, answered with 304 while unchanged: an edited mask or a replaced photo must never show stale.
    'Cache-Control': blob.cache === 'never' ? 'no-store' : 'private, no-cache',
    'X-Content-Type-Options': 'nosniff',
  };
  if (matchesEtag(request.headers['if-none-match'], blob.etag)) {
    response.writeHead(304, headers);
    return null;
  }
  const ifRange = request.headers['if-range'];
  const range = ifRange === undefined || ifRange === blob.etag ? parseRange(request.headers.range, blob.size) : undefined;
  if (range === null) {
    response.writeHead(416, { ...headers, 'Content-Range': `bytes */${blob.size}` });
    return null;
  }
  const part = range ?? { start: 0, end: blob.size - 1 };
  headers['Content-Length'] = part.end - part.start + 1;
  if (range !== undefined) headers['Content-Range'] = `bytes ${part.start}-${part.end}/${blob.size}`;
  response.writeHead(range === undefined ? 200 : 206, headers);
  return request.method === 'HEAD' ? null : part;
}

function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header === '*' || header.split(',').some((item) => item.trim().replace(/^W\//, '') === etag);
}
