import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { liveCore } from '#main/project/lock.ts';

const TAKER = fileURLToPath(new URL('../support/lock-taker.ts', import.meta.url));
const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

interface Outcome {
  readonly child: ChildProcess;
  readonly said: { won?: number; code?: string; pid?: number; socket?: string };
}

function take(dir: string, moment: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [TAKER, dir, String(moment)], { stdio: ['ignore', 'pipe', 'inherit'] });
    undo.push(() => child.kill('SIGKILL'));
    child.on('error', reject);
    child.stdout.once('data', (bytes: Buffer) => resolve({ child, said: JSON.parse(bytes.toString()) as Outcome['said'] }));
  });
}

async function killAndWait(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

describe('several processes on one project', () => {
  it('exactly one wins, the others learn its socket; killed with -9, it is taken over by exactly one again', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'penumbra-two-'));
    undo.push(() => rmSync(dir, { recursive: true, force: true }));
    for (let round = 0; round < 4; round++) {
      const moment = Date.now() + 1000;
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => take(dir, moment)));
      const winners = outcomes.filter(({ said }) => said.won !== undefined);
      expect(winners.map(({ said }) => said.won), `round ${round}`).toHaveLength(1);
      const winner = winners[0];
      if (winner === undefined) return;
      const pid = winner.said.won;
      for (const { said } of outcomes.filter((outcome) => outcome !== winner)) expect(said).toMatchObject({ code: 'PROJECT_LOCKED', pid, socket: `/run/${pid ?? 0}.sock` });
      expect(liveCore(dir)).toMatchObject({ pid, socket: `/run/${pid ?? 0}.sock` });
      await killAndWait(winner.child);
      expect(liveCore(dir)).toBeNull();
    }
  });
});
