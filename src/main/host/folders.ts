import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { listFolders } from '#shared/contract/host.ts';
import type { CallOutput } from '#shared/contract/define.ts';
import { PenumbraError } from '#shared/errors.ts';

type FolderList = CallOutput<typeof listFolders>;
type Folder = FolderList['folders'][number];

/** Nobody scrolls through more; a path can be typed. */
const MOST = 1000;

/**
 * The folders inside `asked` (absolute, or below ~; the home folder when left out), hidden ones left out, links to folders
 * followed. Throws FILE_MISSING, FOLDER_UNREADABLE, and BAD_REQUEST for a relative path.
 */
export async function listFoldersIn(asked: string | undefined): Promise<FolderList> {
  const dir = absolute(asked ?? homedir());
  const names = await folderNames(dir);
  names.sort(new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' }).compare);
  const folders = names.slice(0, MOST).map((name): Folder => ({ name, path: path.join(dir, name), kind: kindOf(path.join(dir, name)) }));
  const parent = path.dirname(dir);
  return { dir, parent: parent === dir ? null : parent, kind: kindOf(dir), folders, truncated: names.length > MOST };
}

function absolute(asked: string): string {
  const dir = asked === '~' || asked.startsWith('~/') ? path.join(homedir(), asked.slice(1)) : asked;
  if (path.isAbsolute(dir)) return path.resolve(dir);
  throw new PenumbraError('BAD_REQUEST', `dir: "${asked}" is not an absolute path`, {
    remedy: 'Name a folder from the root, such as /data/photos, or from the home folder, such as ~/photos.',
    details: { path: 'dir' },
  });
}

async function folderNames(dir: string): Promise<string[]> {
  try {
    const entries = (await readdir(dir, { withFileTypes: true })).filter((entry) => !entry.name.startsWith('.'));
    const areFolders = await Promise.all(
      entries.map(async (entry) => entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(path.join(dir, entry.name))))),
    );
    return entries.filter((_entry, index) => areFolders[index]).map((entry) => entry.name);
  } catch (thrown) {
    throw notListed(dir, thrown as NodeJS.ErrnoException);
  }
}

async function isFolder(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch {
    return false;
  }
}

function kindOf(dir: string): Folder['kind'] {
  if (existsSync(path.join(dir, 'project.db'))) return 'project';
  return existsSync(path.join(dir, 'JPEGImages')) ? 'dataset' : 'folder';
}

function notListed(dir: string, thrown: NodeJS.ErrnoException): PenumbraError {
  if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') {
    return new PenumbraError('FILE_MISSING', thrown.code === 'ENOENT' ? `${dir} is not there` : `${dir} is a file; expected a folder`, {
      remedy: 'Name a folder that exists.',
      details: { dir },
      cause: thrown,
    });
  }
  return new PenumbraError('FOLDER_UNREADABLE', `${dir} cannot be read: ${thrown.message}`, {
    remedy: 'Give this user read permission on the folder, or choose another one.',
    details: { dir, system: thrown.code ?? '' },
    cause: thrown,
  });
}
