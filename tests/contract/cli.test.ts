import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProject, openProject } from '#main/project/open.ts';
import { runs } from '#shared/contract/index.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { collect, jsonLines, runCli, startCli } from '../support/processes.ts';
import { makeTinyDataset } from '../support/tiny-dataset.ts';
import { setStage, type Stage } from './scene.ts';

const COMMANDS = ['new', 'recipes', 'run', 'runs', 'show', 'cancel', 'resume', 'score', 'export', 'supervision', 'vault-log', 'repoint', 'tool', 'serve', 'doctor'];

/** `slow` runs for half a minute, without tensors. */
const TINY_RECIPES = { NODE_OPTIONS: `--import=${pathToFileURL(path.resolve(import.meta.dirname, '../support/tiny-recipes-hook.mjs')).href}` };

let folder: string;
let root: string;
let stage: Stage;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'penumbra-cli-'));
  root = await makeTinyDataset(path.join(folder, 'data'));
  stage = await setStage();
});
afterAll(async () => {
  await stage.strike();
  await rm(folder, { recursive: true });
});

/** The one result line of `--json`, and no error. */
function resultOf(stdout: string): unknown {
  const results = jsonLines(stdout).filter((line) => line['type'] === 'result');
  expect(results).toHaveLength(1);
  return results[0]?.['value'];
}

describe('help', () => {
  test.each(COMMANDS)('%s --help tells usage, options and an example', async (command) => {
    const { code, stdout } = await runCli([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: penumbra ${command}`);
    expect(stdout).toContain('--json');
    expect(stdout).toMatch(/Examples?:\n {2}\$ penumbra /);
  });

  test('penumbra --help lists every command and the exit codes', async () => {
    const { code, stdout } = await runCli(['--help']);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(stdout).toContain('130 cancelled');
  });
});

describe('model', () => {
  const weights = (name: string): string => path.join(import.meta.dirname, '../fixtures/weight-files', name);

  test.each(['inspect', 'convert'])('%s --help tells usage, options and an example', async (command) => {
    const { code, stdout } = await runCli(['model', command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: penumbra model ${command}`);
    expect(stdout).toContain('--json');
    expect(stdout).toMatch(/Examples?:\n {2}\$ penumbra /);
  });

  test('inspect prints keys, types and shapes, and the same as JSON', async () => {
    const { code, stdout } = await runCli(['model', 'inspect', weights('zip.pt')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^conv\.weight +F32 +\(2, 2, 3, 4\) +48$/m);
    expect(stdout).toMatch(/suspicious:\n {2}odd +2 of 4 values are not numbers/);
    const json = await runCli(['model', 'inspect', weights('zip.pt'), '--json']);
    expect(resultOf(json.stdout)).toMatchObject({ format: 'PyTorch (zip)', totals: { tensors: 15 } });
  });

  test('convert writes, then refuses to write over', async () => {
    const out = path.join(folder, 'out.npz');
    const first = await runCli(['model', 'convert', weights('lightning.ckpt'), out]);
    expect(first.stdout).toMatch(/15 tensors .* every bit alike/);
    const again = await runCli(['model', 'convert', weights('lightning.ckpt'), out]);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/is there already/);
  });

  test('a file that is none of weights ends with 1 and says what it starts with', async () => {
    const { code, stderr } = await runCli(['model', 'inspect', import.meta.filename]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/starts with 69 6d 70 6f/);
  });

  test('an output that names no format ends with 2', async () => {
    const { code, stderr } = await runCli(['model', 'convert', weights('zip.pt'), path.join(folder, 'x')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/does not say which format/);
  });
});

describe('a wrong command line ends with 2 and says what is right', () => {
  test.each([
    [['fly'], /unknown command 'fly'/],
    [['new', 'x'], /--voc/],
    [['new', 'x', '--voc', 'y', '--tags', 'guess'], /csv:FILE, xml or masks/],
    [['run'], /missing required argument 'recipe'/],
    [['run', 'tiny', '--preset', 'slow'], /Allowed choices are quick, full/],
    [['run', 'tiny', '--set', 'classifier'], /step\.key=value/],
    [['run', 'tiny', '--seed', '-1'], /from 0 to 2147483647/],
    [['export', 'everything', '--to', 'x'], /Allowed choices/],
    [['serve', 'x', '--port', '70000'], /from 0 to 65535/],
    [['runs', '--limit', 'many'], /from 1 to 500/],
  ])('%j', async (args, expected) => {
    const { code, stderr, stdout } = await runCli(args);
    expect(stderr).toMatch(expected);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('errors end with 1 and name the way out', () => {
  test('no project here', async () => {
    const { code, stderr } = await runCli(['runs'], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: the current folder holds no project.*\n.*--project DIR/);
  });

  test('with --json the error is an object', async () => {
    const { code, stdout, stderr } = await runCli(['runs', '--json', '--project', path.join(folder, 'nothing')]);
    expect(code).toBe(1);
    expect(stderr).toBe('');
    expect(jsonLines(stdout)).toMatchObject([{ type: 'error', error: { code: 'PROJECT_NOT_FOUND' } }]);
  });
});

describe('new', () => {
  test('makes a project from a folder and takes the one tag list there is', async () => {
    const dir = path.join(folder, 'made');
    const { code, stdout } = await runCli(['new', dir, '--voc', root, '--name', 'Made', '--json']);
    expect(code).toBe(0);
    expect(resultOf(stdout)).toMatchObject({ project: dir, imported: 6, classes: 2 });
    const progress = jsonLines(stdout).filter((line) => line['name'] === 'dataset.importProgress');
    expect(progress.at(-1)).toMatchObject({ type: 'event', payload: { done: 6, total: 6 } });
    const again = await runCli(['new', dir, '--voc', root]);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('a project') as string });
    expect(await readdir(dir)).toContain('project.db');
  });

  test.each([
    ['SIGINT', 'project.db'],
    ['SIGTERM', 'project.lock'],
  ] as const)('%s as soon as %s is there leaves nothing behind', async (signal, sign) => {
    const dir = path.join(folder, `stopped-${signal}`);
    await mkdir(dir);
    await writeFile(path.join(dir, 'mine.txt'), 'mine');
    const child = startCli(['new', dir, '--voc', root]);
    const ended = collect(child);
    while (!existsSync(path.join(dir, sign))) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 130, stderr: expect.stringContaining('cancelled') as string });
    expect(await readdir(dir)).toEqual(['mine.txt']);
  });

  test('fills an empty project, such as a killed import leaves, and discards none that was there', async () => {
    const dir = path.join(folder, 'emptied');
    (await createProject(dir, { name: 'Emptied' })).close();
    expect((await runCli(['new', dir, '--voc', path.join(folder, 'nowhere')])).code).toBe(1);
    expect(await readdir(dir)).toContain('project.db');
    const { code, stdout } = await runCli(['new', dir, '--voc', root]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^… importing\n.*6 photos/);
    const full = await runCli(['new', dir, '--voc', root]);
    expect(full).toMatchObject({ code: 1, stderr: expect.stringContaining('6 images') as string });
    expect((await runCli(['runs', '--project', dir])).code).toBe(0);
  });

  test('leaves nothing behind when the import fails, and nothing of the user’s is touched', async () => {
    const dir = path.join(folder, 'failed');
    const refused = await runCli(['new', dir, '--voc', path.join(folder, 'nowhere')]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('nowhere') as string });
    await expect(readdir(dir)).rejects.toMatchObject({ code: 'ENOENT' });

    const used = path.join(folder, 'used');
    await makeTinyDataset(used);
    // Names that a project uses too.
    await mkdir(path.join(used, 'logs'));
    await writeFile(path.join(used, 'logs', 'field-trip.txt'), 'rain');
    const before = await readdir(used);
    expect((await runCli(['new', used, '--voc', path.join(folder, 'nowhere')])).code).toBe(1);
    expect(await readdir(used)).toEqual(before);
    expect(await readdir(path.join(used, 'logs'))).toContain('field-trip.txt');
  });

  test('never reads masks for tags unasked', async () => {
    const bare = path.join(folder, 'bare');
    await makeTinyDataset(bare);
    await rm(path.join(bare, 'labels.csv'));
    const refused = await runCli(['new', path.join(folder, 'p1'), '--voc', bare]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--tags masks') as string });
    await writeFile(path.join(bare, 'classes.txt'), 'cat\ndog\n');
    const asked = await runCli(['new', path.join(folder, 'p1'), '--voc', bare, '--tags', 'masks']);
    expect(asked.code).toBe(0);
    const log = await runCli(['vault-log', '--project', path.join(folder, 'p1')]);
    expect(log.stdout).toMatch(/ 6 {2}\S/);
  });
});

test('a command that only looks leaves queued runs waiting', async () => {
  const dir = path.join(folder, 'waiting');
  expect((await runCli(['new', dir, '--voc', root])).code).toBe(0);
  const project = await openProject(dir);
  const createdAt = '2026-01-02T03:04:05.000Z';
  const settings = { recipe: 'weak-baseline', preset: 'quick', overrides: {}, seed: 0, device: 'cpu' } as const;
  const run: RunSummary = { id: 'run_aaaaaaaaaaaa', ...settings, state: 'queued', steps: [], createdAt, startedAt: null, endedAt: null, backend: null, error: null, scoringOf: null };
  project.runs.insert(run, { backend: 'cpu', given: {}, only: null, queuedAt: createdAt });
  project.close();
  expect((await runCli(['runs', '--project', dir])).stdout).toMatch(/run_aaaaaaaaaaaa .* queued/);
  const { code, stdout } = await runCli(['cancel', run.id, '--project', dir]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'run_aaaaaaaaaaaa is cancelled\n' });
});

test('recipes are listed without a project', async () => {
  const listed = await runCli(['recipes']);
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^weak-baseline +\S/m) as string });
});

describe('on a project that a core has open', () => {
  const on = (...args: string[]): string[] => [...args, '--project', stage.project.dir];

  test('recipes, runs and show list what is there', async () => {
    expect((await runCli(on('recipes'))).stdout).toMatch(/^tiny +Tiny$/m);
    expect((await runCli(on('recipes', 'tiny'))).stdout).toMatch(/classifier\.steps +5 steps .*integer 1 to 10000 +Steps/);
    expect(await runCli(on('recipes', 'huge'))).toMatchObject({ code: 1, stderr: expect.stringContaining('tiny, slow') as string });
    expect((await runCli(on('runs'))).stdout).toContain(stage.scene.runId);
    const shown = await runCli(on('show', stage.scene.runId, '--log', '3'));
    expect(shown.stdout).toMatch(/refined +done +.*[0-9a-f]{32}/);
    const missing = await runCli(on('show', 'run_zzzzzzzzzzzz'));
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('run_zzzzzzzzzzzz') as string });
  });

  test('run --json prints events and one result with scores; each line is an object', async () => {
    const { code, stdout, stderr } = await runCli(on('run', 'tiny', '--seed', '3', '--set', 'classifier.steps=4', '--json'));
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    expect(new Set(lines.map((line) => line['type']))).toEqual(new Set(['event', 'result']));
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      value: { run: { state: 'done', seed: 3, overrides: { 'classifier.steps': 4 } }, scores: { layers: expect.any(Array) as unknown[] } },
    });
  });

  test('run prints plain lines and the table where there is no terminal', async () => {
    const { code, stdout } = await runCli(on('run', 'tiny', '--seed', '4'));
    expect(code).toBe(0);
    expect(stdout).not.toContain('\x1b');
    expect(stdout).toMatch(/✓ segmenter/);
    expect(stdout).toMatch(/^layer +split +images +mIoU +delta/m);
    expect(stdout).toMatch(/^refined +train +4 +0\.\d{3} +[+−]0\.\d{3}/m);
  });

  test('a setting out of range names key, value and range', async () => {
    const { code, stdout } = await runCli(on('run', 'tiny', '--set', 'classifier.steps=0', '--json'));
    expect(code).toBe(1);
    const [line] = jsonLines(stdout);
    expect(line).toMatchObject({ type: 'error', error: { code: 'STAGE_CONFIG_INVALID', message: expect.stringMatching(/classifier\.steps.*0/) as string } });
  });

  test('score measures anew, --last does not', async () => {
    const before = await stage.client.call(runs.listRuns, {});
    expect((await runCli(on('score', '--last'))).stdout).toMatch(/^layer/m);
    expect((await stage.client.call(runs.listRuns, {})).total).toBe(before.total);
    const scored = await runCli(on('score', '--per-class'));
    expect(scored.stdout).toMatch(/^dog +/m);
    expect((await stage.client.call(runs.listRuns, {})).total).toBe(before.total + 1);
  });

  test('supervision shows and replaces rules', async () => {
    const set = await runCli(on('supervision', '--set', 'train=masks', '--set', 'val:dog=none', '--json'));
    expect(resultOf(set.stdout)).toEqual({
      rules: [
        { split: 'train', classIndex: null, kind: 'masks' },
        { split: 'val', classIndex: null, kind: 'tags' },
        { split: 'val', classIndex: 2, kind: 'none' },
      ],
    });
    expect((await runCli(on('supervision'))).stdout).toMatch(/^train +every class +masks$/m);
    const wrong = await runCli(on('supervision', '--set', 'test=masks'));
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('train, val') as string });
    await runCli(on('supervision', '--set', 'train=tags', '--set', 'val=tags'));
  });

  test('export writes masks in VOC layout, says what is lost, refuses a folder with files', async () => {
    const to = path.join(folder, 'masks');
    const dry = await runCli(on('export', 'corrected', '--to', to, '--run', stage.scene.runId, '--dry-run'));
    expect(dry.stdout).toMatch(/9 files, about .*\n.*SegmentationClass\/a1\.png/);
    expect(dry.stdout).toContain('lost: photos are not copied');
    await expect(readdir(to)).rejects.toMatchObject({ code: 'ENOENT' });
    const written = await runCli(on('export', 'corrected', '--to', to, '--run', stage.scene.runId));
    expect(written).toMatchObject({ code: 0, stdout: expect.stringMatching(/^… exporting\n9 files/) as string });
    expect((await readdir(path.join(to, 'SegmentationClass'))).sort()).toEqual(['a1.png', 'a2.png', 'a3.png', 'a4.png', 'b1.png', 'b2.png']);
    expect(await readFile(path.join(to, 'ImageSets/Segmentation/val.txt'), 'utf8')).toBe('b1\nb2\n');
    expect(await readFile(path.join(to, 'classes.txt'), 'utf8')).toBe('cat\ndog\n');
    const again = await runCli(on('export', 'corrected', '--to', to));
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('holds files already') as string });
    const model = path.join(folder, 'model');
    const exported = await runCli(on('export', 'segmenter', '--to', model, '--run', stage.scene.runId, '--json'));
    expect(resultOf(exported.stdout)).toMatchObject({ files: 3 });
    expect(jsonLines(exported.stdout).filter((line) => line['name'] === 'exports.progress').at(-1)).toMatchObject({ payload: { done: 2, total: 2 } });
    expect((await readdir(model)).sort()).toEqual(['model.json', 'model.safetensors', 'provenance.json']);
    const inside = await runCli(on('export', 'seeds', '--to', path.join(root, '..', '..', path.basename(path.dirname(stage.project.dir)), 'data', 'x')));
    expect(inside).toMatchObject({ code: 1, stderr: expect.stringContaining('never written to') as string });
  });

  test('cancel from elsewhere ends a followed run with 130, and resume goes on with it', async () => {
    const child = startCli(on('run', 'slow', '--json'));
    const ended = collect(child);
    let runId = '';
    while (runId === '') runId = (await stage.client.call(runs.listRuns, { state: 'running' })).runs.find((run) => run.recipe === 'slow')?.id ?? '';
    expect((await runCli(on('cancel', runId))).stdout).toContain(`${runId} is cancelled`);
    const { code, stdout } = await ended;
    expect(resultOf(stdout)).toMatchObject({ run: { id: runId, state: 'cancelled' } });
    expect(code).toBe(130);

    const resumed = startCli(on('resume', runId));
    const resumedEnd = collect(resumed);
    while ((await stage.client.call(runs.getRun, { runId })).state !== 'running') await new Promise((resolve) => setTimeout(resolve, 30));
    resumed.kill('SIGINT');
    const { code: interrupted, stderr } = await resumedEnd;
    expect(stderr).toContain(`cancelling ${runId}`);
    expect(interrupted).toBe(130);
    expect((await stage.client.call(runs.getRun, { runId })).state).toBe('cancelled');
  });
});

describe('a reader that closes the output, as head does', () => {
  test('has the run it watches cancelled, not cut off: 141, said on stderr, and the project is let go', async () => {
    const dir = path.join(folder, 'piped');
    expect((await runCli(['new', dir, '--voc', root])).code).toBe(0);
    const child = startCli(['run', 'slow', '--project', dir, '--json'], { env: TINY_RECIPES });
    const ended = collect(child);
    // The first event is read, as head -1 would.
    await once(child.stdout ?? child, 'data');
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 141, stderr: expect.stringContaining('the reader of the output has closed it') as string });
    expect(await readdir(dir)).not.toContain('project.lock');
    const project = await openProject(dir);
    expect(project.runs.list({ offset: 0, limit: 10 }).runs).toMatchObject([{ recipe: 'slow', state: 'cancelled' }]);
    project.close();
  });

  test('ends a command that only prints, without a word', async () => {
    const child = startCli(['runs', '--project', path.join(folder, 'piped'), '--json']);
    child.stdout?.destroy();
    expect(await collect(child)).toMatchObject({ code: 141, stderr: '' });
  });
});

describe('serve', () => {
  test('a port in use is said so', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const { code, stderr } = await runCli(['serve', path.join(folder, 'made'), '--no-open', '--port', String(port)]);
    blocker.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} is in use by another program`);
    expect(stderr).toContain('--port');
  });

  test('serves on loopback until SIGTERM, and lets the project go', async () => {
    const dir = path.join(folder, 'made');
    const child = startCli(['serve', dir, '--no-open', '--json']);
    const ended = collect(child);
    const line = await new Promise<string>((resolve) => child.stdout?.once('data', (part: Buffer | string) => resolve(part.toString())));
    const { value } = JSON.parse(line) as { value: { link: string } };
    expect(value.link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/open\?token=[\w-]{43}$/);
    const opened = await fetch(value.link);
    expect(opened.status).toBe(200);
    const page = await fetch(new URL('/', value.link), { headers: { cookie: opened.headers.getSetCookie()[0]?.split(';')[0] ?? '' } });
    expect(await page.text()).toContain('<title>Penumbra</title>');
    // While it is served, other commands attach.
    expect((await runCli(['runs', '--project', dir])).stdout).toContain('no runs yet');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect(await readdir(dir)).not.toContain('project.lock');
  });
});

test('doctor --json prints its items on one line', async () => {
  const { stdout } = await runCli(['doctor', '--json']);
  expect(resultOf(stdout)).toMatchObject({ items: expect.any(Array) as unknown[] });
}, 120_000);
