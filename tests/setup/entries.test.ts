import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DoctorItem } from '#shared/contract/system.ts';
import { readReport } from '../../scripts/lib/run-checks.mjs';
import { repository } from './support/workplace.ts';

let dir: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'penumbra-entries-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

describe('a clone with nothing installed', () => {
  let clone: string;
  beforeEach(() => {
    clone = join(dir, 'clone');
    mkdirSync(clone);
    for (const name of [
      'scripts',
      'resources/engine-manifest.json',
      'resources/weights-manifest.json',
      'package.json',
      'package-lock.json',
    ]) {
      cpSync(join(repository, name), join(clone, name), { recursive: true });
    }
  });
  const penumbra = (...args: string[]) =>
    spawnSync(process.execPath, [join(clone, 'scripts/penumbra.mjs'), ...args], {
      encoding: 'utf8',
      env: { PATH: join(dir, 'nothing'), HOME: dir },
    });

  it('answers doctor, naming what brings each missing thing, and downloads nothing', () => {
    const answer = penumbra('doctor', '--json');
    expect(answer.status).toBe(1);
    const { type, value } = JSON.parse(answer.stdout) as { type: string; value: { items: unknown[] } };
    expect(type).toBe('result');
    const parsed = value.items.map((item) => DoctorItem.parse(item));
    const missing = parsed.filter((item) => item.state === 'missing');
    expect(missing.map((item) => item.id)).toEqual(
      expect.arrayContaining(['packages', 'pinned-node', 'pip', 'compiler', 'engine', 'weights-efficientnet-lite0', 'backend-native']),
    );
    for (const item of missing) expect(item.remedy).toMatch(/npm run setup|apt-get install/);
    expect(parsed.map((item) => item.id)).toEqual(expect.arrayContaining(['node', 'gpu', 'backend-webgpu', 'electron', 'cache', 'disk']));
  });

  it('answers doctor as text and --help', () => {
    expect(penumbra('doctor').stdout).toMatch(/✗ {2}npm packages +not installed\n.*→ npm run setup/);
    const help = penumbra('--help');
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('usage: penumbra <command>');
  });

  it('says that npm is missing when asked for more', () => {
    const answer = penumbra('recipes');
    expect(answer.status).toBe(1);
    expect(answer.stderr).toContain('npm is not on PATH');
  });
});

describe('a wrapper script', () => {
  /** A wrapper around a child that does `body` and then says that it is there. */
  function startWrapper(body: string): {
    wrapper: ChildProcess;
    childPid: Promise<number>;
    ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  } {
    const watch = JSON.stringify(join(repository, 'src/main/runs/watchdog/watch.ts'));
    const childLib = JSON.stringify(join(repository, 'scripts/lib/child.mjs'));
    writeFileSync(
      join(dir, 'child.mjs'),
      `import { watchWrapper } from ${watch};\n${body}\nawait watchWrapper();\nconsole.log('pid', process.pid);\n`,
    );
    writeFileSync(
      join(dir, 'wrapper.mjs'),
      `import { runPinned } from ${childLib};\nprocess.exitCode = await runPinned([${JSON.stringify(join(dir, 'child.mjs'))}]);\n`,
    );
    const wrapper = spawn(process.execPath, [join(dir, 'wrapper.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(wrapper);
    const childPid = new Promise<number>((resolve) => {
      wrapper.stdout.setEncoding('utf8').on('data', (text: string) => {
        const pid = /pid (\d+)/.exec(text)?.[1];
        if (pid !== undefined) resolve(Number(pid));
      });
    });
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
      wrapper.on('exit', (code, signal) => resolve({ code, signal })),
    );
    return { wrapper, childPid, ended };
  }
  const lives = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('passes the exit code on', async () => {
    expect(await startWrapper('process.exit(130);').ended).toEqual({ code: 130, signal: null });
  });

  it('passes a signal on and leaves the answer to the child', async () => {
    const { wrapper, childPid, ended } = startWrapper(`process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000);`);
    await childPid;
    wrapper.kill('SIGTERM');
    expect(await ended).toEqual({ code: 7, signal: null });
  });

  it('ends by the signal that ended the child', async () => {
    expect(await startWrapper(`process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`).ended).toEqual({
      code: null,
      signal: 'SIGKILL',
    });
  });

  it('takes its child with it when killed with -9', async () => {
    const { wrapper, childPid } = startWrapper('setInterval(() => {}, 1000);');
    const pid = await childPid;
    wrapper.kill('SIGKILL');
    await expect.poll(() => lives(pid), { timeout: 5000, interval: 100 }).toBe(false);
  });
});

describe('counting a test report', () => {
  const report = (content: object): string => {
    const file = join(dir, 'report.json');
    writeFileSync(file, JSON.stringify(content));
    return file;
  };
  const passed = { name: join(repository, 'a.test.ts'), status: 'passed', assertionResults: [{ fullName: 'a', status: 'passed' }] };

  it('adds passed, failed and skipped', () => {
    const file = report({
      numPassedTests: 5,
      numFailedTests: 2,
      numPendingTests: 1,
      numTodoTests: 1,
      testResults: [
        passed,
        {
          name: join(repository, 'src/b.test.ts'),
          status: 'failed',
          assertionResults: [
            { fullName: 'adds', status: 'failed', failureMessages: ['Error: 3 is not 4\n    at line 1'] },
            { fullName: 'subtracts', status: 'failed', failureMessages: [] },
          ],
        },
      ],
    });
    expect(readReport(file, 1)).toEqual({
      passed: 5,
      failed: 2,
      skipped: 2,
      failures: ['src/b.test.ts > adds: Error: 3 is not 4', 'src/b.test.ts > subtracts'],
    });
  });

  it('counts a file that could not be loaded', () => {
    const file = report({
      numPassedTests: 5,
      numFailedTests: 0,
      numPendingTests: 0,
      numTodoTests: 0,
      testResults: [passed, { name: join(repository, 'b.test.ts'), status: 'failed', message: 'no such module', assertionResults: [] }],
    });
    expect(readReport(file, 1)).toEqual({ passed: 5, failed: 1, skipped: 0, failures: ['b.test.ts: no such module'] });
  });

  it('never lets a failed run pass: an unhandled error, no report, no tests', () => {
    const file = report({ numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [passed] });
    expect(readReport(file, 1).failed).toBe(1);
    expect(readReport(join(dir, 'absent.json'), 0).failed).toBe(1);
  });
});
