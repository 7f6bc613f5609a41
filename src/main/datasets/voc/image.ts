import type { DataProblem } from '#shared/contract/dataset.ts';
import { IGNORE } from '#shared/domain/classes.ts';
import type { ImportedImage } from '#shared/domain/imported.ts';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';
import type { FileChecker } from '../../images/check/check-pool.ts';
import type { CheckedMask, FileCheck } from '../../images/check/file-check.ts';
import { resolveInside } from '../../images/path-resolver.ts';
import type { PhotoHeader } from '../../images/photo.ts';
import { imageIdOf } from '../image-id.ts';

/** What is known of a photo before its files are opened. Paths are relative to the root. */
export interface ImagePlan {
  readonly name: string;
  readonly photoPath: string;
  readonly maskPath: string | null;
  readonly split: string | null;
  readonly tags: readonly number[] | 'from-mask' | null;
}

export interface ImageResult {
  readonly image: ImportedImage | null;
  readonly problems: readonly DataProblem[];
}

/** Decodes a photo and its mask and says what can be used of them. Throws only RUN_CANCELLED. */
export async function checkImage(root: string, plan: ImagePlan, classes: number, checker: FileChecker, maxPixels?: number): Promise<ImageResult> {
  const problems: DataProblem[] = [];
  let checked: FileCheck;
  let maskReadable = plan.maskPath !== null;
  try {
    const photoPath = await resolveInside(root, plan.photoPath);
    const maskPath =
      plan.maskPath === null
        ? null
        : await resolveInside(root, plan.maskPath).catch((thrown: unknown) => {
            maskReadable = false;
            problems.push(toProblem(plan.maskPath ?? '', toErrorValue(thrown), 'imported-without-mask'));
            return null;
          });
    checked = await checker.check({ photoPath, maskPath, ...(maxPixels === undefined ? {} : { maxPixels }) });
    // Messages name files as the user knows them: relative to the dataset.
    checked = relativeMessages(checked, [photoPath, plan.photoPath], [maskPath, plan.maskPath]);
  } catch (thrown) {
    const error = toErrorValue(thrown);
    if (error.code === 'RUN_CANCELLED') throw thrown;
    return { image: null, problems: [toProblem(plan.photoPath, error, 'skipped')] };
  }
  if (!checked.photo.ok) return { image: null, problems: [...problems, toProblem(plan.photoPath, checked.photo.error, 'skipped')] };
  const { header, facts } = checked.photo.value;
  const converted = conversion(header);
  if (converted !== null) {
    problems.push({ file: plan.photoPath, code: 'IMAGE_UNSUPPORTED', message: `${plan.photoPath} is ${converted}; it is used as 8-bit sRGB.`, remedy: 'Nothing to do, unless its colours look wrong.', effect: 'warning' });
  }
  let mask: ImportedImage['mask'] = null;
  if (plan.maskPath !== null && maskReadable && checked.mask !== null) {
    const fault = checked.mask.ok ? maskFault(plan.maskPath, checked.mask.value, header, classes) : checked.mask.error;
    if (fault !== null) problems.push(toProblem(plan.maskPath, fault, 'imported-without-mask'));
    else if (checked.mask.ok) {
      const { values, facts: file, reordered } = checked.mask.value;
      mask = { path: plan.maskPath, file, classes: values.filter((value) => value >= 1 && value <= classes) };
      if (reordered !== null) problems.push(reorderedPalette(plan.maskPath, reordered));
    }
  }
  const costly = problems.find(({ effect }) => effect === 'imported-without-mask');
  const image: ImportedImage = {
    id: imageIdOf(plan.name, facts.sha256),
    name: plan.name,
    photoPath: plan.photoPath,
    photo: facts,
    width: header.width,
    height: header.height,
    split: plan.split,
    tags: plan.tags === 'from-mask' ? (mask?.classes ?? null) : plan.tags,
    mask,
    problem: costly?.message ?? null,
  };
  return { image, problems };
}

function maskFault(maskPath: string, mask: CheckedMask, header: PhotoHeader, classes: number): ErrorValue | null {
  const { width, height, values } = mask;
  const details = { file: maskPath };
  if (width !== header.width || height !== header.height) {
    const turned = width === header.height && height === header.width && header.orientation >= 5;
    return {
      code: 'MASK_SIZE_MISMATCH',
      message: `${maskPath} is ${width}×${height} px; its photo is ${header.width}×${header.height} px${turned ? ' once turned as its EXIF orientation says' : ''}.`,
      remedy: turned ? 'Turn the mask as the photo is shown.' : 'Give a mask of the size of the photo.',
      details,
    };
  }
  const unknown = values.filter((value) => value > classes && value !== IGNORE);
  if (unknown.length === 0) return null;
  return {
    code: 'MASK_UNKNOWN_CLASS',
    message: `${maskPath} holds the value${unknown.length > 1 ? 's' : ''} ${unknown.slice(0, 8).join(', ')}${unknown.length > 8 ? ', …' : ''}; expected 0 (background), 1 to ${classes} (classes) or 255 (undecided).`,
    remedy: 'List all classes in classes.txt in the order of the mask values, or correct the mask, and import again.',
    details,
  };
}

function conversion(header: PhotoHeader): string | null {
  const parts = [];
  if (header.colourSpace === 'cmyk') parts.push('in CMYK');
  if (header.bitsPerChannel > 8) parts.push(`of ${header.bitsPerChannel} bits a channel`);
  return parts.length === 0 ? null : parts.join(' and ');
}

function reorderedPalette(maskPath: string, { value, colourOf }: { value: number; colourOf: number }): DataProblem {
  return {
    file: maskPath,
    code: 'MASK_UNKNOWN_COLOUR',
    message: `${maskPath}: value ${value} is drawn in the VOC colour of class ${colourOf}, as if a program had put the palette in another order; the value was taken.`,
    remedy: 'Look at the mask. If the colours are right, save it as RGB or with the VOC palette, and import again.',
    effect: 'warning',
  };
}

function toProblem(file: string, { code, message, remedy }: ErrorValue, effect: DataProblem['effect']): DataProblem {
  return { file, code, message, remedy, effect };
}

function relativeMessages(check: FileCheck, ...names: readonly (readonly [string | null, string | null])[]): FileCheck {
  const shorten = (error: ErrorValue): ErrorValue => {
    let { message } = error;
    for (const [long, short] of names) if (long !== null && short !== null) message = message.replaceAll(long, short);
    return { ...error, message };
  };
  return {
    photo: check.photo.ok ? check.photo : { ok: false, error: shorten(check.photo.error) },
    mask: check.mask === null || check.mask.ok ? check.mask : { ok: false, error: shorten(check.mask.error) },
  };
}
