import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import type { FileFacts, ImportedImage } from '#shared/domain/imported.ts';
import { createProject } from '#main/project/open.ts';

/** A real project on disk with four generated photos and masks in split `train`; `remove` deletes it all. */
export async function makeSmallProject(): Promise<{ dir: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'penumbra-small-'));
  const root = join(folder, 'photos');
  mkdirSync(root);
  const images = ['a', 'b', 'c', 'd'].map((name, index): ImportedImage => {
    const photo = writePng(join(root, `${name}.png`), 3, 40 * index);
    const mask = writePng(join(root, `${name}-mask.png`), 1, index % 2);
    return {
      id: `im_${String(index).padStart(16, '0')}`,
      name,
      photoPath: `${name}.png`,
      photo,
      width: 8,
      height: 8,
      split: 'train',
      tags: [(index % 2) + 1],
      mask: { path: `${name}-mask.png`, file: mask, classes: [1] },
      problem: null,
    };
  });
  const dir = join(folder, 'project');
  const project = await createProject(dir, { name: 'small' });
  project.storeImport({
    root,
    classes: [
      { index: 1, name: 'cat', colour: [128, 0, 0] },
      { index: 2, name: 'dog', colour: [0, 128, 0] },
    ],
    images,
    supervision: [{ split: 'train', classIndex: null, kind: 'tags' }],
    problems: [],
    truthUse: null,
  });
  project.close();
  return { dir, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function writePng(path: string, channels: 1 | 3, value: number): FileFacts {
  const bytes = encode({ width: 8, height: 8, channels, depth: 8, data: new Uint8Array(8 * 8 * channels).fill(value) });
  writeFileSync(path, bytes);
  return { bytes: bytes.length, mtimeMs: statSync(path).mtimeMs, sha256: createHash('sha256').update(bytes).digest('hex') };
}
