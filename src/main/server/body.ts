import type { IncomingMessage } from 'node:http';
import { PenumbraError } from '#shared/errors.ts';

/**
 * Reads a request body of at most `limitBytes`. A declared length beyond it is refused before a byte is read; without a
 * declared length, reading stops at the limit.
 * Throws BODY_TOO_LARGE, or BAD_REQUEST when the sender went away half-way.
 */
export async function readBody(request: IncomingMessage, limitBytes: number, what: string): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? '0');
  if (declared > limitBytes) throw tooLarge(what, declared, limitBytes);
  const chunks: Buffer[] = [];
  let received = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > limitBytes) throw tooLarge(what, received, limitBytes);
      chunks.push(chunk);
    }
  } catch (thrown) {
    if (thrown instanceof PenumbraError) throw thrown;
    throw new PenumbraError('BAD_REQUEST', `${what}: the body ended after ${received} of ${declared} bytes`, {
      remedy: 'Send the request again.',
      cause: thrown,
    });
  }
  return Buffer.concat(chunks);
}

export function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (thrown) {
    throw new PenumbraError('BAD_REQUEST', `${what}: the body is not JSON: ${(thrown as Error).message}`, {
      remedy: 'Send a JSON object with Content-Type application/json.',
      details: { path: '' },
    });
  }
}

function tooLarge(what: string, bytes: number, limitBytes: number): PenumbraError {
  return new PenumbraError('BODY_TOO_LARGE', `${what}: ${bytes} bytes; at most ${limitBytes} are accepted`, {
    remedy: 'Send less in one request.',
    details: { bytes, limitBytes },
  });
}
