/** The built shell in a real Electron. An old one (9.4, see DESIGN): layout is not judged here. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { edits, runs } from '#shared/contract/index.ts';
import { createClient, type Client } from '#main/client/client.ts';
import { liveCore } from '#main/project/lock.ts';
import { copySampleProject } from '../support/browser.ts';
import { buildForOldElectron, type OldBuild } from './support/build.ts';
import { oldElectron, openScreen, type Screen } from './support/old-electron.ts';
import { isAlive, listeningPorts, processTree } from './support/process-tree.ts';

const electron = await oldElectron();
if (electron.program === null) console.log(`tests in Electron are left out: ${electron.reason}`);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(electron.program === null)('the shell', () => {
  let built: OldBuild;
  let screen: Screen;
  let dataDir: string;
  let project: string;
  let env: Record<string, string>;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    built = await buildForOldElectron();
    screen = await openScreen();
    dataDir = mkdtempSync(path.join(tmpdir(), 'penumbra-desktop-'));
    project = await copySampleProject();
    env = { ...(process.env as Record<string, string>), DISPLAY: screen.display, PENUMBRA_DATA: dataDir, PENUMBRA_PAGE_DIR: built.pageDir };
  }, 300_000);
  // Whatever a test that failed left behind, the next one, or its own second try, finds nothing open.
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    const pid = liveCore(project)?.pid;
    if (pid === undefined) return;
    process.kill(pid, 'SIGCONT');
    for (let waitedMs = 0; isAlive(pid) && waitedMs < 10_000; waitedMs += 100) await pause(100);
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  afterAll(() => {
    screen.close();
    for (const dir of [dataDir, project]) rmSync(dir, { recursive: true, force: true });
  });

  // As root, which CI is, Chromium's own sandbox cannot be used; nowhere else is it turned off.
  const args = (...more: string[]): string[] => ['--no-sandbox', built.main, ...more];

  async function launch(): Promise<{ app: ElectronApplication; page: Page; complaints: string[] }> {
    const app = await _electron.launch({ executablePath: electron.program ?? '', args: args(project), env, timeout: 60_000 });
    started.push(app.process());
    const page = await app.firstWindow({ timeout: 60_000 });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    await shows(page, 'Connected');
    return { app, page, complaints };
  }

  /** Read in the page's own world: Playwright's injected scripts need a newer browser. */
  const shows = (page: Page, text: string): Promise<void> =>
    expect.poll(() => page.evaluate(() => document.body.innerText), { timeout: 60_000 }).toContain(text);

  /** Chooses a button of every dialog by its label from now on, and keeps what was asked. */
  const answerDialogs = (app: ElectronApplication, label: string): Promise<void> =>
    app.evaluate(({ dialog }, wanted) => {
      const asked: string[] = [];
      Object.assign(globalThis, { asked });
      dialog.showMessageBox = ((_window: unknown, options: { message: string; buttons: string[] }) => {
        asked.push(options.message);
        return Promise.resolve({ response: options.buttons.indexOf(wanted), checkboxChecked: false });
      }) as typeof dialog.showMessageBox;
    }, label);
  const askedDialogs = (app: ElectronApplication): Promise<string[]> => app.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);

  const core = (): Client => createClient({ socketPath: liveCore(project)?.socket ?? '' });

  /** Has Electron quit, as its menu does, and waits until every process of the tree is gone. */
  async function quit(app: ElectronApplication): Promise<void> {
    const child = app.process();
    const tree = processTree(child.pid ?? 0);
    // An Electron that has crashed by itself ends no second time.
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve([child.exitCode, child.signalCode]);
    await Promise.race([exited, app.evaluate(({ app: electronApp }) => electronApp.quit()).catch(() => undefined)]);
    const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
    if (signal === 'SIGSEGV') {
      // Electron 9 itself does so in about one of sixty quits, and leaves its own children behind; the core must end all the same.
      console.log('Electron 9 crashed as it quit');
      for (const pid of tree.filter((each) => each !== liveCore(project)?.pid && isAlive(each))) process.kill(pid, 'SIGKILL');
    } else expect([code, signal]).toEqual([0, null]);
    for (let waitedMs = 0; tree.some(isAlive) && waitedMs < 10_000; waitedMs += 100) await pause(100);
    expect(tree.filter(isAlive)).toEqual([]);
  }

  it('opens the sample project, survives a reload, and quits without leaving anything behind', async () => {
    const { app, page, complaints } = await launch();
    await shows(page, '106 images');
    expect(page.url()).toMatch(/^penumbra:\/\/app\/#/);
    expect(await page.evaluate(() => Object.keys(globalThis).filter((name) => ['require', 'process', 'module', 'Buffer'].includes(name)))).toEqual([]);
    expect(await page.evaluate(() => Object.isFrozen(window.penumbra))).toBe(true);
    await page.reload();
    await shows(page, 'Connected');
    await shows(page, '106 images');
    expect(complaints).toEqual([]);
    await quit(app);
    expect(liveCore(project)).toBeNull();
  });

  interface Painting {
    readonly imageId: string;
    /** A stroke of the brush in class 8, `row` steps below the middle of the view. */
    readonly stroke: (row: number) => Promise<void>;
    readonly revision: () => Promise<number>;
  }

  /** Fix on its first image, with the brush in hand. */
  async function openFix(app: ElectronApplication, page: Page): Promise<Painting> {
    await page.evaluate(() => {
      localStorage.setItem('penumbra.tourDone', 'true');
      location.hash = '#/fix';
    });
    const canvas = (): Promise<{ x: number; y: number; width: number; height: number } | undefined> =>
      page.evaluate(() =>
        [...document.querySelectorAll('canvas')].map((item) => item.getBoundingClientRect().toJSON() as DOMRect).find(({ width }) => width > 400),
      );
    await expect.poll(canvas, { timeout: 60_000 }).toBeDefined();
    await shows(page, 'Not reviewed');
    const imageId = /im_\w+/.exec(page.url())?.[0] ?? '';
    const area = await canvas();
    const x = Math.round((area?.x ?? 0) + (area?.width ?? 0) / 2);
    const y = Math.round((area?.y ?? 0) + (area?.height ?? 0) / 2);
    // Electron's own input: Playwright's mouse needs a newer browser.
    const send = (event: object): Promise<void> =>
      app.evaluate(({ BrowserWindow }, input) => BrowserWindow.getAllWindows()[0]?.webContents.sendInputEvent(input as never), event);
    for (const keyCode of ['b', '8']) for (const type of ['keyDown', 'char', 'keyUp']) await send({ type, keyCode });
    return {
      imageId,
      async stroke(row) {
        const top = y + row * 30;
        await send({ type: 'mouseMove', x, y: top });
        await send({ type: 'mouseDown', x, y: top, button: 'left', clickCount: 1 });
        for (let step = 1; step <= 6; step++) await send({ type: 'mouseMove', x: x + step * 10, y: top + step, button: 'left', modifiers: ['leftButtonDown'] });
        await send({ type: 'mouseUp', x: x + 60, y: top + 6, button: 'left', clickCount: 1 });
      },
      revision: async () => (await core().call(edits.getEditState, { imageId })).revision,
    };
  }

  it('paints a stroke that the core has saved, and that a reload keeps', async () => {
    const { app, page } = await launch();
    const painting = await openFix(app, page);
    const before = await painting.revision();
    await painting.stroke(0);
    await expect.poll(painting.revision, { timeout: 20_000 }).toBe(before + 1);

    await page.reload();
    await shows(page, 'Not reviewed');
    expect(page.url()).toContain(painting.imageId);
    expect(await painting.revision()).toBe(before + 1);
    await quit(app);
  });

  it('asks before it quits with strokes that are not saved: who stays keeps them, and they land once the core answers', async () => {
    const { app, page } = await launch();
    const painting = await openFix(app, page);
    const before = await painting.revision();
    const pid = liveCore(project)?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await painting.stroke(1);
    await painting.stroke(2);
    await shows(page, '2 strokes waiting to be saved');
    await answerDialogs(app, 'Stay');
    await app.evaluate(({ app: electronApp }) => electronApp.quit());
    await expect.poll(() => askedDialogs(app), { timeout: 30_000 }).toEqual(['2 strokes are not saved yet.']);
    // Nothing was closed, and nothing forgotten.
    await shows(page, '2 strokes waiting to be saved');
    process.kill(pid, 'SIGCONT');
    await expect.poll(painting.revision, { timeout: 30_000 }).toBe(before + 2);
    // Now there is nothing to ask about.
    await quit(app);
    const { app: again, page: later } = await launch();
    expect(await core().call(edits.getEditState, { imageId: painting.imageId })).toMatchObject({ revision: before + 2 });
    await shows(later, 'Connected');
    await quit(again);
  });

  it('lands what was painted while a killed core came back, before it quits', async () => {
    const { app, page } = await launch();
    const painting = await openFix(app, page);
    const before = await painting.revision();
    process.kill(liveCore(project)?.pid ?? 0, 'SIGKILL');
    await painting.stroke(-1);
    await painting.stroke(-2);
    await answerDialogs(app, 'Stay');
    // Either everything has landed by the time it asks, or it asks and stays: no stroke is dropped without a word.
    await app.evaluate(({ app: electronApp }) => electronApp.quit()).catch(() => undefined);
    const ended = await Promise.race([once(app.process(), 'exit').then(() => true), expect.poll(() => askedDialogs(app), { timeout: 60_000 }).not.toEqual([]).then(() => false)]).catch(() => true);
    if (!ended) {
      await expect.poll(() => painting.revision().catch(() => -1), { timeout: 60_000 }).toBe(before + 2);
      await quit(app);
    }
    const { app: again } = await launch();
    expect(await core().call(edits.getEditState, { imageId: painting.imageId })).toMatchObject({ revision: before + 2 });
    await quit(again);
  });

  it('goes nowhere else and is granted nothing', async () => {
    const { app } = await launch();
    // Run in the window without Playwright, which would wait for a navigation that never comes.
    const run = (script: string): Promise<unknown> =>
      app.evaluate(({ BrowserWindow }, text) => BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(text, true), script);
    const before = await run('location.href');
    await run(`location.href = 'https://example.com/'; 1`);
    await pause(1000);
    expect(await run('location.href')).toBe(before);
    expect(await run('Notification.requestPermission()')).toBe('denied');
    // Only the page's own files answer on the scheme.
    expect(await run(`fetch('penumbra://app/../../package.json').then((answer) => answer.status)`)).toBe(404);
    await quit(app);
  });

  it('a core killed with -9 is started again and the page goes on by itself', async () => {
    const { app, page } = await launch();
    const pid = liveCore(project)?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    const hello = () =>
      page.evaluate(async () => {
        const answer = await fetch('/api/call/system.hello', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' });
        return ((await answer.json()) as { value?: { pid: number } }).value?.pid ?? null;
      });
    await expect.poll(hello, { timeout: 20_000 }).not.toBeNull();
    expect(await hello()).not.toBe(pid);
    await shows(page, 'Connected');
    await quit(app);
  });

  it('asks before it quits while a run is going: stay, keep it running, and the core ends when its run has', async () => {
    const { app, page } = await launch();
    const { id } = await core().call(runs.startRun, { recipe: 'weak-baseline', preset: 'quick', backend: 'cpu' });
    await expect.poll(async () => (await core().call(runs.getRun, { runId: id })).state).toBe('running');
    await answerDialogs(app, 'Stay');
    await app.evaluate(({ app: electronApp }) => electronApp.quit());
    await expect.poll(() => askedDialogs(app)).toEqual([expect.stringContaining('weak-baseline')]);
    await shows(page, 'Connected');

    await answerDialogs(app, 'Keep it running');
    const exited = once(app.process(), 'exit');
    const pid = liveCore(project)?.pid ?? 0;
    await app.evaluate(({ app: electronApp }) => electronApp.quit()).catch(() => undefined);
    await exited;
    await pause(2500);
    expect(liveCore(project)?.pid).toBe(pid);
    expect((await core().call(runs.getRun, { runId: id })).state).toBe('running');
    await core().call(runs.cancelRun, { runId: id });
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  });

  it('a second start hands its project to the first and goes; no TCP port is listened on', async () => {
    // Started without Playwright, whose own way in is a port.
    const first = spawn(electron.program ?? '', args(project), { env, stdio: 'ignore' });
    started.push(first);
    await expect.poll(() => liveCore(project)?.socket ?? null, { timeout: 60_000 }).not.toBeNull();
    await pause(3000);
    expect(processTree(first.pid ?? 0).length).toBeGreaterThan(2);
    expect(listeningPorts(processTree(first.pid ?? 0))).toEqual([]);

    const other = await copySampleProject();
    const second = spawn(electron.program ?? '', args(path.join(other, 'project.db')), { env, stdio: 'ignore' });
    started.push(second);
    expect((await once(second, 'exit'))[0]).toBe(0);
    await expect.poll(() => liveCore(other)?.socket ?? null, { timeout: 20_000 }).not.toBeNull();
    await expect.poll(() => liveCore(project), { timeout: 20_000 }).toBeNull();
    const exited = once(first, 'exit');
    first.kill('SIGTERM');
    await exited;
    await expect.poll(() => liveCore(other), { timeout: 20_000 }).toBeNull();
    rmSync(other, { recursive: true, force: true });
  });
});
