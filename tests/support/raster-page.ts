import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { setSecurityHeaders } from '#main/server/security-headers.ts';
import { loadStaticFiles } from '#main/server/static-files.ts';
import { chromiumPath } from './browser.ts';

export interface RasterPage {
  readonly page: Page;
  /** What the page wrote to its console as errors, and what it threw. */
  readonly complaints: readonly string[];
  /** Time on the processor that the page's process, its workers included, has taken so far. */
  cpuMs(): Promise<number>;
  close(): Promise<void>;
}

/** A page that holds the window's raster pool as `window.raster`, built and served as the window is, with its security headers. */
export async function openRasterPage(): Promise<RasterPage> {
  const outDir = await mkdtemp(path.join(tmpdir(), 'penumbra-raster-page-'));
  await build({
    root: path.join(import.meta.dirname, 'raster-page'),
    configFile: false,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, target: 'chrome120', assetsInlineLimit: 0 },
    worker: { format: 'es' },
  });
  const { files } = await loadStaticFiles(outDir);
  await rm(outDir, { recursive: true });
  const server = createServer((request, response) => {
    setSecurityHeaders(response);
    const file = files.get(request.url ?? '');
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Type': file.contentType }).end(file.bytes);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const cdp = await browser.newBrowserCDPSession();
  return {
    page,
    complaints,
    cpuMs: async () => {
      const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
      return 1000 * processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { cpuTime }) => sum + cpuTime, 0);
    },
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}
