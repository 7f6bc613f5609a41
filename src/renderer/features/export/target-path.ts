/** Paths on the machine of the host, which may be another kind than the browser's. */

function separatorOf(dir: string): string {
  return dir.includes('\\') && !dir.includes('/') ? '\\' : '/';
}

/** A folder in a folder. */
export function inFolder(dir: string, name: string): string {
  const separator = separatorOf(dir);
  return dir.endsWith(separator) ? dir + name : dir + separator + name;
}

/** `Birds: 2nd try` and `seeds` become `Birds-2nd-try-seeds`: a name that every file system takes. */
export function folderName(project: string, what: string): string {
  const plain = project.normalize('NFC').replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 60);
  return plain === '' ? what : `${plain}-${what}`;
}

/** `out` becomes `out-2`, `out-2` becomes `out-3`. */
export function nextFolder(target: string): string {
  const trimmed = target.replace(/[/\\]+$/, '');
  const numbered = /^(.*)-(\d{1,6})$/.exec(trimmed);
  return numbered === null ? `${trimmed}-2` : `${numbered[1] ?? ''}-${Number(numbered[2]) + 1}`;
}

export function isAbsolute(target: string): boolean {
  return target.startsWith('/') || /^[A-Za-z]:[\\/]/.test(target) || target.startsWith('\\\\');
}
