import { request as openRequest, type IncomingMessage } from 'node:http';
import { PenumbraError } from '#shared/errors.ts';

/** Where a core listens: a socket for programs of this user, or a loopback address with a browser's cookie (tests). */
export type CoreAddress =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly headers: Readonly<Record<string, string>> };

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
}

interface RequestOptions {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly signal?: AbortSignal;
}

/** Opens a request and returns the answer with its body unread. Throws SHUTTING_DOWN when no core answers. */
export function openAnswer(address: CoreAddress, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const target = 'socketPath' in address ? { socketPath: address.socketPath } : { host: address.host, port: address.port };
    const own = 'socketPath' in address ? {} : address.headers;
    const body = options.body === undefined ? undefined : Buffer.from(options.body as string);
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const request = openRequest({
      ...target,
      method: options.method,
      path: options.path,
      headers: { ...own, ...length, ...options.headers },
      agent: false,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    request.on('response', resolve);
    request.on('error', (thrown) => reject(options.signal?.aborted === true ? thrown : connectionLost(thrown)));
    request.end(body);
  });
}

export async function exchange(address: CoreAddress, options: RequestOptions): Promise<HttpAnswer> {
  const answer = await openAnswer(address, options);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch (thrown) {
    throw connectionLost(thrown as Error);
  }
  return { status: answer.statusCode ?? 0, headers: answer.headers, bytes: Buffer.concat(chunks) };
}

/** `details.gone`: nobody listens at the address any more. A socket's address belongs to one core, so that core will not come back. */
export function connectionLost(cause: Error): PenumbraError {
  const { code } = cause as NodeJS.ErrnoException;
  return new PenumbraError('SHUTTING_DOWN', `the core of this project does not answer: ${cause.message}`, {
    remedy: 'Run the command again: it starts a core when none is there. Runs that were interrupted go on with "penumbra resume".',
    details: { gone: code === 'ENOENT' || code === 'ECONNREFUSED' },
    cause,
  });
}
