/** One GET with what package indexes need: redirects, extra certificates, an HTTP proxy, idle time-out. No dependencies. */
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import tls from 'node:tls';

const MAX_REDIRECTS = 5;

/**
 * @typedef {{ headers?: Record<string, string>, proxy?: string | null, ca?: readonly string[], insecure?: boolean,
 *   idleMs?: number }} GetOptions
 */

/** A proxy that only pip can speak to (SOCKS). */
export class UnsupportedProxyError extends Error {}

/** @param {readonly string[]} files */
function certificates(files) {
  return [...tls.rootCertificates, ...files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'))];
}

/**
 * A TLS connection through an HTTP proxy's CONNECT.
 * @param {URL} url
 * @param {URL} proxy
 * @param {{ ca: string[], rejectUnauthorized: boolean }} trust
 * @param {number} idleMs
 * @returns {Promise<tls.TLSSocket>}
 */
function tunnel(url, proxy, trust, idleMs) {
  return new Promise((resolve, reject) => {
    const port = url.port === '' ? '443' : url.port;
    const request = http.request({
      host: proxy.hostname,
      port: proxy.port === '' ? 80 : proxy.port,
      method: 'CONNECT',
      path: `${url.hostname}:${port}`,
      headers: { host: `${url.hostname}:${port}`, ...proxyAuthorization(proxy) },
      timeout: idleMs,
    });
    request.on('timeout', () => request.destroy(new Error(`proxy ${proxy.host} does not answer`)));
    request.on('error', reject);
    request.on('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`proxy ${proxy.host} refused the connection: HTTP ${response.statusCode ?? '?'}`));
        return;
      }
      // A server name may not be an address; `host` is what the certificate is compared with then.
      const name = isIP(url.hostname) === 0 ? { servername: url.hostname } : {};
      const secure = tls.connect({ socket, host: url.hostname, ...name, ...trust }, () => resolve(secure));
      secure.on('error', reject);
    });
    request.end();
  });
}

/** @param {URL} proxy @returns {Record<string, string>} */
function proxyAuthorization(proxy) {
  if (proxy.username === '') return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/**
 * @param {URL} url
 * @param {Record<string, string>} headers
 * @param {Required<Omit<GetOptions, 'headers'>>} options
 * @returns {Promise<http.IncomingMessage>}
 */
async function once(url, headers, { proxy: proxyText, ca, insecure, idleMs }) {
  const proxy = proxyText === null ? null : new URL(proxyText.includes('://') ? proxyText : `http://${proxyText}`);
  if (proxy !== null && proxy.protocol !== 'http:') throw new UnsupportedProxyError(`proxy ${proxy.protocol}//${proxy.host}`);
  const trust = { ca: certificates(ca), rejectUnauthorized: !insecure };
  /** @type {https.RequestOptions} */
  let target = { method: 'GET', headers, timeout: idleMs, agent: false };
  if (url.protocol === 'https:') {
    target = { ...target, ...trust, host: url.hostname, port: url.port === '' ? 443 : url.port, path: url.pathname + url.search };
    if (proxy !== null) {
      const socket = await tunnel(url, proxy, trust, idleMs);
      // Node uses createConnection only where no agent is named.
      delete target.agent;
      target = { ...target, createConnection: () => socket };
    }
  } else if (proxy === null) {
    target = { ...target, host: url.hostname, port: url.port === '' ? 80 : url.port, path: url.pathname + url.search };
  } else {
    target = {
      ...target,
      host: proxy.hostname,
      port: proxy.port === '' ? 80 : proxy.port,
      path: url.href,
      headers: { host: url.host, ...headers, ...proxyAuthorization(proxy) },
    };
  }
  return new Promise((resolve, reject) => {
    /** @type {http.IncomingMessage | undefined} */
    let answer;
    const request = (url.protocol === 'https:' ? https : http).request(target, (response) => {
      answer = response;
      resolve(response);
    });
    // Once there is an answer, its reader is the one to be told.
    request.on('timeout', () => (answer ?? request).destroy(new Error(`${url.host} sent nothing for ${idleMs / 1000} s`)));
    request.on('error', reject);
    request.end();
  });
}

/**
 * GETs a URL and follows redirects; credentials stay with their host.
 * @param {string} address
 * @param {GetOptions} [options]
 * @returns {Promise<http.IncomingMessage>}
 */
export async function get(address, { headers = {}, proxy = null, ca = [], insecure = false, idleMs = 60_000 } = {}) {
  let url = new URL(address);
  let sent = headers;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await once(url, sent, { proxy, ca, insecure, idleMs });
    const location = response.headers.location;
    if (response.statusCode === undefined || response.statusCode < 300 || response.statusCode >= 400 || location === undefined)
      return response;
    response.resume();
    const next = new URL(location, url);
    if (next.host !== url.host || next.protocol !== url.protocol) {
      sent = Object.fromEntries(Object.entries(sent).filter(([name]) => name.toLowerCase() !== 'authorization'));
    }
    url = next;
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects from ${new URL(address).host}`);
}
