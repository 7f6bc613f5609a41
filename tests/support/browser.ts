import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SAMPLE = path.join(ROOT, 'resources/sample');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => existsSync(file));

export const chromiumPath: string = CHROMIUM ?? '';

/** Why browser tests cannot run here, or null. */
export const noBrowser: string | null = CHROMIUM === undefined ? 'no Chromium on this machine (apt install chromium)' : null;

export interface ServedProject {
  readonly dir: string;
  readonly link: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A copy of the sample project in a new folder, its photos found in this clone. */
export async function copySampleProject(): Promise<string> {
  const dir = mkdtempSync(path.join(tmpdir(), 'penumbra-e2e-'));
  cpSync(path.join(SAMPLE, 'project'), dir, { recursive: true });
  await penumbra('repoint', SAMPLE, '--project', dir);
  return dir;
}

/** Runs a command of the command line; throws with what it said when it fails. */
export async function penumbra(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [path.join(ROOT, 'src/main/cli.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`penumbra ${args.join(' ')} ended with ${String(code)}: ${said}`);
  return said;
}

/** `penumbra serve DIR --no-open`, until `stop`. */
export async function serveProject(dir: string, env: Record<string, string> = {}): Promise<ServedProject> {
  const child = spawn(process.execPath, [path.join(ROOT, 'src/main/cli.ts'), 'serve', dir, '--no-open', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Recent projects of tests are nobody's recent projects.
    env: { ...process.env, PENUMBRA_DATA: path.join(tmpdir(), `penumbra-test-data-${process.pid}`), PENUMBRA_WATCH_PID: String(process.pid), ...env },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { type: string; value?: { link: string } };
    if (said.type !== 'result' || said.value === undefined) continue;
    return {
      dir,
      link: said.value.link,
      pid: child.pid ?? 0,
      stop: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
  throw new Error(`penumbra serve ${dir} ended before it gave a link`);
}

export interface Workbench {
  readonly project: ServedProject;
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page wrote to its console as errors, and what it threw. A test that expects none asserts on it. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** The window on a copy of the sample project (or on `dir`), signed in, in a Chromium of 1280 × 800. */
export async function openWorkbench(options: { dir?: string; env?: Record<string, string>; theme?: 'dark' | 'light' | 'contrast' } = {}): Promise<Workbench> {
  const dir = options.dir ?? (await copySampleProject());
  const project = await serveProject(dir, options.env);
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const { theme } = options;
  if (theme !== undefined) await context.addInitScript((name) => localStorage.setItem('penumbra.theme', name), theme);
  await context.addInitScript(() => localStorage.setItem('penumbra.tourDone', 'true'));
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // The browser itself asks for the icon, at a moment of its own.
    if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) complaints.push(`${message.text()} ${message.location().url}`.trim());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(project.link);
  await page.waitForURL(/#\/data/);
  return {
    project,
    browser,
    context,
    page,
    complaints,
    close: async () => {
      await browser.close();
      await project.stop();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}
