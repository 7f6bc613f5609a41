import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFile {
  readonly package: string;
  readonly filename: string;
  readonly content: Buffer;
}

/** How the index misbehaves. */
export interface Manners {
  /** Answers Range requests; true unless said otherwise. */
  readonly ranges?: boolean;
  /** The first so many answers break off after so many bytes. */
  readonly cut?: { readonly times: number; readonly afterBytes: number };
  /** Stops sending after so many bytes and leaves the line open. */
  readonly stallAfterBytes?: number;
  /** Needs these credentials. */
  readonly login?: { readonly user: string; readonly password: string };
}

export interface FileRequest {
  readonly filename: string;
  readonly range: string | null;
}

/** A package index on the loopback, as pip sees one, that records what was asked and can misbehave. */
export interface PackageIndex {
  /** With credentials when it needs any. */
  readonly url: string;
  readonly port: number;
  /** Requests for files, in order. */
  readonly requests: readonly FileRequest[];
  /** All requests, listings included. */
  readonly total: () => number;
  readonly bytesSent: () => number;
  close(): Promise<void>;
}

export async function startPackageIndex(files: readonly ServedFile[], manners: Manners = {}): Promise<PackageIndex> {
  const requests: FileRequest[] = [];
  let total = 0;
  let bytesSent = 0;
  let cutsLeft = manners.cut?.times ?? 0;

  const server = http.createServer((request, response) => {
    total += 1;
    if (manners.login !== undefined) {
      const expected = `Basic ${Buffer.from(`${manners.login.user}:${manners.login.password}`).toString('base64')}`;
      if (request.headers.authorization !== expected) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="index"' }).end();
        return;
      }
    }
    // A proxy is asked with the whole address.
    const path = new URL(request.url ?? '/', 'http://index').pathname;
    const listing = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
    if (listing !== undefined) {
      const links = files
        .filter((file) => file.package === listing)
        .map(
          (file) =>
            `<a href="/files/${file.filename}#sha256=${createHash('sha256').update(file.content).digest('hex')}">${file.filename}</a>`,
        );
      response
        .writeHead(links.length === 0 ? 404 : 200, { 'content-type': 'text/html' })
        .end(`<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`);
      return;
    }
    const filename = /^\/files\/([^/]+)$/.exec(path)?.[1];
    const file = files.find((item) => item.filename === filename);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const range = request.headers.range ?? null;
    requests.push({ filename: file.filename, range });
    const start = manners.ranges === false || range === null ? 0 : Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
    const body = file.content.subarray(start);
    const headers = {
      'content-length': String(body.length),
      ...(start > 0 ? { 'content-range': `bytes ${start}-${file.content.length - 1}/${file.content.length}` } : {}),
    };
    response.writeHead(start > 0 ? 206 : 200, headers);
    if (cutsLeft > 0 && manners.cut !== undefined) {
      cutsLeft -= 1;
      const sent = body.subarray(0, manners.cut.afterBytes);
      bytesSent += sent.length;
      // An orderly end of the connection, in the middle of the answer: what was sent arrives for certain.
      response.write(sent, () => response.socket?.end());
    } else if (manners.stallAfterBytes !== undefined) {
      response.write(body.subarray(0, manners.stallAfterBytes));
    } else {
      bytesSent += body.length;
      response.end(body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const login = manners.login === undefined ? '' : `${manners.login.user}:${manners.login.password}@`;
  return {
    url: `http://${login}127.0.0.1:${port}/simple/`,
    port,
    requests,
    total: () => total,
    bytesSent: () => bytesSent,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
