import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { extractEntry, readZip } from '../../scripts/lib/zip.mjs';
import { makeZip } from './support/workplace.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'penumbra-zip-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const archive = (): string => join(dir, 'archive.zip');
const target = (): string => join(dir, 'out');

async function entryNamed(name: string) {
  const entry = (await readZip(archive())).find((item) => item.name === name);
  if (entry === undefined) throw new Error(`the archive has no ${name}`);
  return entry;
}

/** Changes 32-bit fields of the entry's central directory record: what the archive claims. */
function claim(name: string, fields: Readonly<Record<number, number>>): void {
  const bytes = readFileSync(archive());
  // Records start with this signature; the name follows 46 bytes later.
  let at = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  while (bytes.toString('utf8', at + 46, at + 46 + name.length) !== name) at = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]), at + 4);
  for (const [offset, value] of Object.entries(fields)) bytes.writeUInt32LE(value, at + Number(offset));
  writeFileSync(archive(), bytes);
}

describe('zip reader against archives of Python zipfile', () => {
  it.each([
    ['plain', {}],
    ['zip64 sizes', { force64: true }],
    // More than 65,535 entries need the zip64 end record.
    ['zip64 directory', { many: 66_000 }],
  ])('reads every byte and mode: %s', async (_kind, options) => {
    const random = randomBytes(300_000);
    makeZip(
      archive(),
      [
        { name: 'a/deflated.bin', content: random },
        { name: 'a/stored.bin', content: random, stored: true },
        { name: 'bin/tool', content: Buffer.from('#!/bin/sh\n'), mode: 0o100755 },
        { name: 'empty', content: Buffer.alloc(0), stored: true },
        { name: 'umlaut-äöü', content: Buffer.from('name') },
      ],
      options,
    );
    for (const [name, content] of [
      ['a/deflated.bin', random],
      ['a/stored.bin', random],
      ['empty', Buffer.alloc(0)],
      ['umlaut-äöü', Buffer.from('name')],
    ] as const) {
      expect(readFileSync(await extractEntry(archive(), await entryNamed(name), target())).equals(content)).toBe(true);
    }
    expect(statSync(await extractEntry(archive(), await entryNamed('bin/tool'), target())).mode & 0o777).toBe(0o755);
    expect(await readZip(archive())).toHaveLength(5 + ('many' in options ? options.many : 0));
  });

  it.each(['../outside', '/absolute', 'a/../../outside', 'a//b', 'a\\b', './a'])('refuses the name %s', async (name) => {
    makeZip(archive(), [{ name, content: Buffer.from('x') }]);
    await expect(extractEntry(archive(), await entryNamed(name), target())).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    expect(existsSync(target())).toBe(false);
  });

  it('refuses a ratio that only a bomb has', async () => {
    makeZip(archive(), [{ name: 'bomb', repeat: ['0', 20_000_000] }]);
    await expect(extractEntry(archive(), await entryNamed('bomb'), target())).rejects.toThrow('beyond the limits');
  });

  it('stops an entry that inflates beyond what it claims', async () => {
    makeZip(archive(), [{ name: 'liar', repeat: ['0', 500_000] }]);
    claim('liar', { 24: 1000 });
    await expect(extractEntry(archive(), await entryNamed('liar'), target())).rejects.toThrow('inflates beyond its 1000 bytes');
  });

  it('notices an altered byte', async () => {
    makeZip(archive(), [{ name: 'stored', content: Buffer.alloc(1000, 7), stored: true }]);
    const bytes = readFileSync(archive());
    bytes[500] = 8;
    writeFileSync(archive(), bytes);
    await expect(extractEntry(archive(), await entryNamed('stored'), target())).rejects.toThrow('fails its checksum');
  });

  it('refuses an archive that was cut off', async () => {
    makeZip(archive(), [{ name: 'a', content: randomBytes(100_000) }]);
    truncateSync(archive(), 60_000);
    await expect(readZip(archive())).rejects.toThrow('no end record, as if cut off');
  });

  it('refuses a directory outside the file', async () => {
    makeZip(archive(), [{ name: 'a', content: Buffer.from('x') }]);
    const bytes = readFileSync(archive());
    bytes.writeUInt32LE(0x7fffffff, bytes.length - 22 + 16);
    writeFileSync(archive(), bytes);
    await expect(readZip(archive())).rejects.toThrow('central directory outside the file');
  });
});
