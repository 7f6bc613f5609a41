import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { encodeLabelPng } from '#main/images/palette-png.ts';
import { createProject } from '#main/project/open.ts';
import { writeEmptyLabels, writeLargePhoto } from './large-photo.ts';

export interface LabelledImage {
  readonly name: string;
  readonly width: number; // px
  readonly height: number; // px
  readonly tags: readonly number[];
  /** A photo of four plain quarters with empty label maps: made in little memory, whatever its size. */
  readonly isPlain?: boolean;
}

export interface LabelProject {
  readonly dir: string;
  /** Folder of the photos, `NAME.jpg`. */
  readonly root: string;
  /** Ids in the order of the images asked for. */
  readonly imageIds: readonly string[];
  /** The label maps to correct: `bases[0]` is the newest. */
  readonly bases: readonly string[];
  /** What the core must show for an image without corrections. */
  baseMap(imageId: string, base: string): LabelMap;
  remove(): Promise<void>;
}

const CLASSES = [
  { index: 1, name: 'cat', colour: [230, 97, 0] },
  { index: 2, name: 'dog', colour: [93, 58, 155] },
  { index: 3, name: 'sheep', colour: [0, 114, 178] },
] as const;

/**
 * A project of generated photos with two label-maps artifacts, as a run leaves them, and nothing trained. In the newest, class 1 fills the
 * middle of each photo; in the older one it reaches further to the right. A band at the lower edge is undecided.
 */
export async function makeLabelProject(images: readonly LabelledImage[]): Promise<LabelProject> {
  const folder = await mkdtemp(path.join(tmpdir(), 'penumbra-labels-'));
  const root = path.join(folder, 'photos');
  await mkdir(root);
  const dir = path.join(folder, 'project');
  const ids = images.map((_, index) => `im_${String(index).padStart(16, '0')}`);
  const photos = await Promise.all(images.map((image, index) => writePhoto(path.join(root, `${image.name}.jpg`), image, index)));

  const project = await createProject(dir, { name: 'Labels' });
  project.storeImport({
    root,
    classes: CLASSES.map((item) => ({ ...item, colour: [...item.colour] })),
    images: images.map(({ name, width, height, tags }, index) => ({
      id: ids[index] ?? '',
      name,
      photoPath: `${name}.jpg`,
      photo: photos[index] ?? { bytes: 0, mtimeMs: 0, sha256: '' },
      width,
      height,
      split: 'train',
      tags: [...tags],
      mask: null,
      problem: null,
    })),
    supervision: [],
    problems: [],
    truthUse: null,
  });
  project.close();

  const bases = ['a'.repeat(32), 'b'.repeat(32)];
  const mapOf = (imageId: string, base: string): LabelMap => labels(images[ids.indexOf(imageId)] ?? { width: 1, height: 1 }, base === bases[1]);
  for (const [age, base] of bases.entries()) {
    const files = ids.map((id, index): [string, (file: string) => Promise<void>] => {
      const image = images[index];
      return [`${id}.png`, (file) => (image?.isPlain === true ? writeEmptyLabels(file, image) : writeFile(file, encodeLabelPng(mapOf(id, base))))];
    });
    await writeArtifact(path.join(dir, 'artifacts', base), base, age, new Map(files));
  }
  return { dir, root, imageIds: ids, bases, baseMap: mapOf, remove: () => rm(folder, { recursive: true, force: true }) };
}

function labels({ width, height }: { width: number; height: number }, isOlder: boolean): LabelMap {
  const data = new Uint8Array(width * height);
  const right = Math.round(width * (isOlder ? 0.8 : 0.6));
  for (let y = Math.round(height * 0.25); y < Math.round(height * 0.75); y++) data.fill(1, y * width + Math.round(width * 0.25), y * width + right);
  data.fill(255, (height - Math.ceil(height * 0.05)) * width);
  return { width, height, data };
}

/** A smooth photo with some texture, so that scaling it costs what a photo costs. */
async function writePhoto(file: string, image: LabelledImage, seed: number): Promise<{ bytes: number; mtimeMs: number; sha256: string }> {
  if (image.isPlain === true) await writeLargePhoto(file, image);
  else await writeFile(file, await texturedPhoto(image, seed));
  const { size, mtimeMs } = await stat(file);
  return { bytes: size, mtimeMs: Math.round(mtimeMs), sha256: createHash('sha256').update(await readFile(file)).digest('hex') };
}

async function texturedPhoto({ width, height }: LabelledImage, seed: number): Promise<Buffer> {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const texture = ((x * 7 + y * 13 + seed * 29) % 23) * 2;
      data[at++] = (80 + (x * 120) / width + texture) & 255;
      data[at++] = (70 + (y * 130) / height + texture) & 255;
      data[at++] = (90 + ((x + y) % 97)) & 255;
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } }).jpeg({ quality: 85 }).toBuffer();
}

async function writeArtifact(dir: string, key: string, age: number, files: ReadonlyMap<string, (file: string) => Promise<void>>): Promise<void> {
  await mkdir(dir, { recursive: true });
  const listed = [];
  for (const [name, write] of files) {
    await write(path.join(dir, name));
    const bytes = await readFile(path.join(dir, name));
    listed.push({ name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  const manifest: ArtifactManifest = {
    key,
    kind: 'label-maps',
    stage: age === 0 ? 'refine-crf' : 'threshold-seeds',
    stageVersion: 1,
    config: {},
    inputs: {},
    sources: {},
    seed: 0,
    versions: { penumbra: '0.0.0' },
    createdAt: new Date(Date.UTC(2026, 0, 2 - age)).toISOString(),
    runId: null,
    files: listed,
    summary: {},
  };
  await writeFile(path.join(dir, 'manifest.json'), JSON.stringify(manifest));
}
