import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PenumbraError } from '#shared/errors.ts';
import { createHostCalls } from '../host/host-calls.ts';
import { hostListener } from '../host/listener.ts';
import { openHost, pageDir } from '../host/open-host.ts';
import { penumbraVersion } from '../runs/version.ts';
import { serveLoopback, type LoopbackServer } from '../server/loopback.ts';
import { loadStaticFiles } from '../server/static-files.ts';
import { canOpenBrowser, openBrowser } from './open-browser.ts';
import type { Output } from './output.ts';

/**
 * Serves the workbench on loopback until a signal ends it. `dir` must open; without it the last project is opened, or the sample, and
 * what cannot be opened is told by the page.
 */
export async function serve(dir: string | null, options: { port: number; open: boolean; output: Output }): Promise<void> {
  const page = await loadStaticFiles(pageDir());
  const host = openHost({ shell: 'browser', version: penumbraVersion(), buildId: page.buildId });
  const stop = new AbortController();
  const stopped = once(stop.signal, 'abort');
  const onSignal = (): void => stop.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  let server: LoopbackServer | undefined;
  try {
    await host.openAtStart(dir);
    const { coreError } = host.state;
    if (dir !== null && coreError !== null) throw PenumbraError.fromValue(coreError);
    server = await serveLoopback({ port: options.port, page, api: hostListener(host, createHostCalls(host)) });
    announce(server, options);
    await stopped;
  } finally {
    await host.close('cancel');
    await server?.close();
  }
}

function announce(server: LoopbackServer, options: { open: boolean; output: Output }): void {
  const { output } = options;
  const link = server.newLink();
  output.result({ link, port: server.port }, () => `Penumbra is served at\n\n  ${link}\n\nThe link signs one browser in and works once. Ctrl-C ends the server.`);
  if (options.open && canOpenBrowser()) openBrowser(link);
  if (output.isInteractive && process.stdin.isTTY) {
    const lines = createInterface({ input: process.stdin });
    lines.on('line', () => output.print(`a fresh link: ${server.newLink()}`));
    // Reading from the terminal must not keep the process alive.
    process.stdin.unref();
  }
}
