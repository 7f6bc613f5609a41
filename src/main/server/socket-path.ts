import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, unlinkSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';

/** Unix socket addresses end at 104 bytes on macOS and 108 on Linux, the closing zero included. */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * A fresh address for a core's socket: in a folder that only this user may enter, so the socket needs no password.
 * A named pipe on Windows. Sockets that killed cores left behind are removed on the way.
 */
export function newSocketPath(env: NodeJS.ProcessEnv = process.env): string {
  const name = `core-${process.pid}-${randomBytes(6).toString('hex')}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\penumbra-${name}`;
  const runtimeDir = env['XDG_RUNTIME_DIR'];
  const candidates = [
    ...(runtimeDir === undefined || runtimeDir === '' ? [] : [path.join(runtimeDir, 'penumbra')]),
    path.join(tmpdir(), `penumbra-${userInfo().uid}`),
    `/tmp/penumbra-${userInfo().uid}`,
  ];
  for (const dir of candidates) {
    const file = path.join(dir, `${name}.sock`);
    if (Buffer.byteLength(file) <= MAX_SOCKET_PATH_BYTES && isPrivateDir(dir)) {
      sweepDeadSockets(dir);
      return file;
    }
  }
  // Someone else holds the usual names: take one that cannot be foreseen.
  return path.join(mkdtempSync('/tmp/penumbra-'), `${name}.sock`);
}

function isPrivateDir(dir: string): boolean {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') return false;
  }
  try {
    const facts = lstatSync(dir);
    return facts.isDirectory() && facts.uid === userInfo().uid && (facts.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

function sweepDeadSockets(dir: string): void {
  for (const name of readdirSync(dir)) {
    const pid = /^core-(\d+)-[0-9a-f]+\.sock$/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      unlinkSync(path.join(dir, name));
    } catch {
      // Another core sweeps too; either of us may be first.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
