import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startPackageIndex, type PackageIndex } from './support/package-index.ts';
import { Workplace } from './support/workplace.ts';

let place: Workplace;
let index: PackageIndex;
const closers: (() => void)[] = [];

beforeEach(async () => {
  place = new Workplace();
  place.writeManifests({ withoutWeights: true });
  index = await startPackageIndex([place.engine]);
});
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await index.close();
  place.clear();
});

async function listen(server: http.Server | https.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy that knows its user, passes plain requests on and opens tunnels. */
function createProxy(seen: string[]): http.Server {
  const authorised = (request: http.IncomingMessage): boolean =>
    request.headers['proxy-authorization'] === `Basic ${Buffer.from('guest:word').toString('base64')}`;
  const server = http.createServer((request, response) => {
    if (!authorised(request)) {
      response.writeHead(407).end();
      return;
    }
    seen.push(request.url ?? '');
    request.pipe(
      http.request(request.url ?? '', { headers: request.headers }, (answer) =>
        answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers)),
      ),
    );
  });
  server.on('connect', (request, client) => {
    if (!authorised(request)) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    seen.push(`CONNECT ${request.url ?? ''}`);
    const port = Number(request.url?.split(':').at(-1));
    const upstream = net.connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
    closers.push(() => {
      upstream.destroy();
      client.destroy();
    });
  });
  return server;
}

it('goes through the proxy that pip is configured with', async () => {
  const seen: string[] = [];
  const port = await listen(createProxy(seen));
  const outcome = await place.setUp(index.url, { PIP_PROXY: `http://guest:word@127.0.0.1:${port}` });
  expect(outcome).toMatchObject({ code: 0 });
  expect(seen).toContain(`http://127.0.0.1:${index.port}/files/${place.engine.filename}`);
  expect(outcome.output).not.toContain('guest:word');
});

/** A certificate for 127.0.0.1, or null where there is no openssl to make one. */
function makeCertificate(): { key: string; cert: string } | null {
  const [key, cert] = [join(place.dir, 'key.pem'), join(place.dir, 'cert.pem')];
  try {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        cert,
        '-subj',
        '/CN=127.0.0.1',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      ],
      { stdio: 'ignore' },
    );
  } catch {
    return null;
  }
  return { key, cert };
}

it('tunnels to an https index through the proxy and trusts the certificate that pip trusts', async ({ skip }) => {
  const certificate = makeCertificate();
  if (certificate === null) {
    skip('openssl is not installed');
    return;
  }
  const seen: string[] = [];
  const proxyPort = await listen(createProxy(seen));
  const indexPort = await listen(
    https.createServer({ key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) }, (request, response) => {
      request.pipe(
        http.request({ host: '127.0.0.1', port: index.port, path: request.url, headers: request.headers }, (answer) =>
          answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers)),
        ),
      );
    }),
  );
  const url = `https://127.0.0.1:${indexPort}/simple/`;
  const proxy = { PIP_PROXY: `http://guest:word@127.0.0.1:${proxyPort}` };
  expect(await place.setUp(url, { ...proxy, PIP_CERT: certificate.cert })).toMatchObject({ code: 0 });
  // One tunnel is pip's, one is the download's.
  expect(seen.filter((line) => line === `CONNECT 127.0.0.1:${indexPort}`).length).toBeGreaterThanOrEqual(2);
});

it('copies from a folder that pip is told to look in', async () => {
  const outcome = await place.setUp('http://127.0.0.1:9/simple/', { PIP_NO_INDEX: '1', PIP_FIND_LINKS: join(place.dir, 'packages') });
  expect(outcome).toMatchObject({ code: 0 });
});
