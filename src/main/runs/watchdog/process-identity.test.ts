import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { identifyProcess, isRunning } from './process-identity.ts';

describe.runIf(process.platform === 'linux')('process identity', () => {
  it('this process runs; another start time under the same pid is another process', () => {
    const self = identifyProcess(process.pid);
    if (self === null) throw new Error('this process has no identity');
    expect(isRunning(self)).toBe(true);
    expect(isRunning({ ...self, startTicks: '1' })).toBe(false);
  });

  it('a process that ended and was collected does not run', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    const identity = identifyProcess(child.pid ?? 0);
    if (identity === null) throw new Error('the child has no identity');
    expect(isRunning(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isRunning(identity)).toBe(false);
    expect(identifyProcess(identity.pid)).toBeNull();
  });

  it('a zombie, which answers signals but is dead, does not run', async () => {
    // The shell starts a child, then becomes a sleep that never collects it.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
      const pid = Number(line);
      await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'latin1')).toContain(' Z ');
      expect(() => process.kill(pid, 0)).not.toThrow();
      expect(identifyProcess(pid)).toBeNull();
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('reads a name that holds spaces and parentheses', async () => {
    const child = spawn(
      process.execPath,
      ['-e', "process.title = 'a) Z (b'; process.stdout.write('set\\n'); setInterval(() => undefined, 1000)"],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    try {
      await once(createInterface({ input: child.stdout }), 'line');
      const identity = identifyProcess(child.pid ?? 0);
      expect(identity?.startTicks).toMatch(/^\d+$/);
      expect(identity !== null && isRunning(identity)).toBe(true);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
