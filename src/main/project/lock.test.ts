import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { liveCore, takeProjectLock } from './lock.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'penumbra-lock-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe('project lock', () => {
  it('tells others who has the project and where it answers', () => {
    const dir = folder();
    expect(liveCore(dir)).toBeNull();
    const lock = takeProjectLock(dir);
    undo.push(() => lock.release());
    expect(liveCore(dir)).toMatchObject({ pid: process.pid, socket: null });
    lock.announce('/run/core.sock');
    expect(liveCore(dir)).toMatchObject({ pid: process.pid, socket: '/run/core.sock' });
    expect(() => takeProjectLock(dir)).toThrow(expect.objectContaining({ code: 'PROJECT_LOCKED', details: { project: dir, pid: process.pid, socket: '/run/core.sock' } }));
  });

  it('is free again once released, and only then', () => {
    const dir = folder();
    const first = takeProjectLock(dir);
    first.release();
    first.release();
    expect(liveCore(dir)).toBeNull();
    const second = takeProjectLock(dir, { socket: '/run/second.sock' });
    undo.push(() => second.release());
    first.announce('/run/first.sock');
    expect(liveCore(dir)).toMatchObject({ socket: '/run/second.sock' });
  });

  it('takes over what a dead process left behind, whatever it says', () => {
    const dir = folder();
    // Even the name of a process that lives: the lock itself is gone with its holder.
    writeFileSync(join(dir, 'project.lock'), JSON.stringify({ pid: process.pid, startedAt: null, host: 'elsewhere', socket: '/run/old.sock', token: 'x' }));
    expect(liveCore(dir)).toBeNull();
    const lock = takeProjectLock(dir);
    undo.push(() => lock.release());
    expect(readFileSync(join(dir, 'project.lock'), 'utf8')).toContain(lock.owner.token);
  });

  it('reads a torn project.lock as nobody', () => {
    const dir = folder();
    writeFileSync(join(dir, 'project.lock'), '{"pid": 1');
    expect(liveCore(dir)).toBeNull();
    takeProjectLock(dir).release();
  });
});
