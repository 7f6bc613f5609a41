import { PenumbraError } from '#shared/errors.ts';
import type { ImageId } from '#shared/domain/ids.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { Size } from '#shared/raster/planes.ts';
import { decodeLabelPng, encodeLabelPng } from '#main/images/palette-png.ts';
import type { ArtifactReader, ArtifactWriter } from '../stage.ts';

/** Label maps on disk: IMAGEID.png, a palette PNG at photo size whose indices are the labels. */
export function labelMapFile(imageId: ImageId): string {
  return `${imageId}.png`;
}

/** Written in the colours of VOC, whatever the project shows: the same result has the same bytes, and every viewer knows them. */
export async function writeLabelMap(output: ArtifactWriter, imageId: ImageId, map: LabelMap): Promise<void> {
  await output.write(labelMapFile(imageId), encodeLabelPng(map));
}

export function hasLabelMap(artifact: ArtifactReader | ArtifactWriter, imageId: ImageId): boolean {
  return artifact.has(labelMapFile(imageId));
}

/** ARTIFACT_DAMAGED when the file is no label map; MASK_SIZE_MISMATCH when it has another size than the photo. */
export async function readLabelMap(
  artifact: ArtifactReader,
  image: { readonly id: ImageId; readonly name: string } & Size,
): Promise<LabelMap> {
  const file = labelMapFile(image.id);
  const bytes = await artifact.read(file);
  let map: LabelMap;
  try {
    map = decodeLabelPng(bytes, file).map;
  } catch (cause) {
    throw new PenumbraError('ARTIFACT_DAMAGED', `${artifact.key}/${file} (label map of ${image.name}) cannot be read.`, {
      remedy: 'Make the label maps again.',
      details: { file, image: image.name },
      cause,
    });
  }
  if (map.width !== image.width || map.height !== image.height) {
    throw new PenumbraError(
      'MASK_SIZE_MISMATCH',
      `The label map of ${image.name} is ${map.width}×${map.height} px; expected ${image.width}×${image.height} px as the photo.`,
      { remedy: 'Make or import the label map at the size of the photo.', details: { file, image: image.name } },
    );
  }
  return map;
}
