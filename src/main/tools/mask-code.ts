import { readFile, stat } from 'node:fs/promises';
import { XMLParser } from 'fast-xml-parser';
import { PenumbraError } from '#shared/errors.ts';
import { assertThere } from './read-input.ts';

/** Run lengths of one mask, as `penumbra tool rle` writes them. */
export type MaskCode =
  | { readonly format: 'coco'; readonly size: readonly [number, number]; readonly counts: string | readonly number[] }
  | {
      readonly format: 'cvat';
      readonly image: { readonly width: number; readonly height: number };
      readonly mask: { readonly rle: readonly number[]; readonly left: number; readonly top: number; readonly width: number; readonly height: number } | null;
    }
  | { readonly format: 'label-studio'; readonly original_width: number; readonly original_height: number; readonly rle: readonly number[] };

const MAX_PIXELS = 500_000_000;
/** Strings of Node end at twice that. */
const MAX_FILE_BYTES = 256 * 2 ** 20;

export function isMaskCode(file: string): boolean {
  return /\.(json|xml)$/i.test(file);
}

/**
 * The one mask of a file: what `penumbra tool rle` or pycocotools wrote, or an annotation, result, task or whole export of COCO, Label Studio or CVAT
 * (XML) that holds one. BAD_REQUEST for none, several, and what is malformed, by place.
 */
export async function readMaskCode(file: string): Promise<MaskCode> {
  assertThere(file);
  const { size } = await stat(file);
  if (size > MAX_FILE_BYTES) throw refused(file, `is of ${(size / 2 ** 20).toFixed(0)} MiB; expected at most ${MAX_FILE_BYTES / 2 ** 20}`, ONE);
  const text = await readFile(file, 'utf8');
  const codes = file.toLowerCase().endsWith('.xml') ? codesOfCvat(file, text) : codesOf(file, parsedJson(file, text));
  const [code] = codes;
  if (code === undefined) throw refused(file, 'holds no mask of run lengths', 'Expected are {"size", "counts"} of COCO, brush results of Label Studio, masks of CVAT for images 1.1, or what "penumbra tool rle" wrote; polygons are rasterised by their own tools first.');
  if (codes.length > 1) throw refused(file, `holds ${codes.length} masks; expected one`, ONE);
  const [height, width] = code.format === 'coco' ? code.size : code.format === 'cvat' ? [code.image.height, code.image.width] : [code.original_height, code.original_width];
  if (width * height > MAX_PIXELS) throw refused(file, `is of ${width}×${height} px; expected at most ${MAX_PIXELS} pixels`, 'Look whether its size is right.');
  return code;
}

const ONE = 'Save the mask that is meant in a file of its own.';

function parsedJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused(file, `is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, 'Export or save it again.');
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Wherever they lie. Not by recursion: a file may be nested deeper than the stack. */
function codesOf(file: string, content: unknown): MaskCode[] {
  const codes: MaskCode[] = [];
  const waiting: unknown[] = [content];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (Array.isArray(value)) {
      if (typeof value[0] === 'object') for (const each of value as unknown[]) waiting.push(each);
    } else if (isFields(value)) {
      const code = codeOf(file, value);
      if (code !== null) codes.push(code);
      else for (const each of Object.values(value)) if (typeof each === 'object') waiting.push(each);
    }
  }
  return codes;
}

/** Null where an object is none itself. */
function codeOf(file: string, fields: Fields): MaskCode | null {
  if ('counts' in fields || fields['format'] === 'coco') {
    const { size, counts } = fields;
    if (!isWhole(size) || size.length !== 2) throw refused(file, `has the size ${shown(size)} beside its counts; expected [height, width]`, AGAIN);
    if (typeof counts !== 'string' && !isWhole(counts)) throw refused(file, `has the counts ${shown(counts)}; expected whole numbers or pycocotools’ text`, AGAIN);
    return { format: 'coco', size: [size[0] ?? 0, size[1] ?? 0], counts };
  }
  if ('original_width' in fields) {
    const { original_width: width, original_height: height } = fields;
    const inner = isFields(fields['value']) ? fields['value'] : fields;
    if (!('rle' in inner)) return null; // a rectangle, a polygon
    if (!isWhole([width, height])) throw refused(file, `has the size ${shown(width)}×${shown(height)}; expected original_width and original_height in px`, AGAIN);
    const { rle } = inner;
    if (!isWhole(rle) || rle.some((byte) => byte > 255)) throw refused(file, `has the rle ${shown(rle)}; expected bytes from 0 to 255`, AGAIN);
    return { format: 'label-studio', original_width: width as number, original_height: height as number, rle };
  }
  if (fields['format'] === 'cvat') {
    const { image, mask } = fields;
    if (!isFields(image) || !isWhole([image['width'], image['height']])) throw refused(file, `has the image ${shown(image)}; expected its width and height in px`, AGAIN);
    const size = { width: image['width'] as number, height: image['height'] as number };
    if (mask === null) return { format: 'cvat', image: size, mask: null };
    if (!isFields(mask)) throw refused(file, `has the mask ${shown(mask)}; expected rle, left, top, width and height`, AGAIN);
    return { format: 'cvat', image: size, mask: cvatMask(file, mask) };
  }
  return null;
}

function cvatMask(file: string, { rle, left, top, width, height }: Fields): NonNullable<Extract<MaskCode, { format: 'cvat' }>['mask']> {
  if (!isWhole(rle)) throw refused(file, `has the rle ${shown(rle)}; expected whole numbers`, AGAIN);
  const box = [left, top, width, height];
  if (!isWhole(box)) throw refused(file, `has the box ${shown(box)}; expected left, top, width and height in px`, AGAIN);
  const [boxLeft = 0, boxTop = 0, boxWidth = 0, boxHeight = 0] = box;
  return { rle, left: boxLeft, top: boxTop, width: boxWidth, height: boxHeight };
}

const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', processEntities: false, isArray: (name) => name === 'image' || name === 'mask' });

/** "CVAT for images 1.1": annotations/image/mask. */
function codesOfCvat(file: string, text: string): MaskCode[] {
  const root: unknown = (() => {
    try {
      return parser.parse(text) as unknown;
    } catch (cause) {
      throw refused(file, `is no XML: ${cause instanceof Error ? cause.message : String(cause)}`, 'Export it again.');
    }
  })();
  const annotations = isFields(root) && isFields(root['annotations']) ? root['annotations'] : {};
  return listOf(annotations['image']).flatMap((image) =>
    listOf(image['mask']).map((mask) => {
      const size = { width: numberOf(image['width']), height: numberOf(image['height']) };
      if (!isWhole([size.width, size.height])) throw refused(file, `has an image of ${shown(image['width'])}×${shown(image['height'])} px; expected whole numbers`, AGAIN);
      const rle = typeof mask['rle'] === 'string' ? mask['rle'].split(',').map(numberOf) : mask['rle'];
      return { format: 'cvat' as const, image: size, mask: cvatMask(file, { rle, left: numberOf(mask['left']), top: numberOf(mask['top']), width: numberOf(mask['width']), height: numberOf(mask['height']) }) };
    }),
  );
}

const AGAIN = 'Export it again.';

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** Attributes are text. */
function numberOf(text: unknown): number {
  return typeof text === 'string' && /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && (each as number) >= 0);
}

function shown(value: unknown): string {
  const text = typeof value === 'number' || value === undefined ? String(value ?? 'none') : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function refused(file: string, fact: string, remedy: string): PenumbraError {
  return new PenumbraError('BAD_REQUEST', `${file} ${fact}.`, { remedy });
}
