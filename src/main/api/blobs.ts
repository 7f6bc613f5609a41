import { randomUUID } from 'node:crypto';
import { extname } from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { labelColours } from '#shared/domain/classes.ts';
import { labelMapFile } from '../ml/stages/label-maps-io.ts';
import type { EditService } from '../project/edits/edit-service.ts';
import type { Project } from '../project/project.ts';
import type { RunService } from '../runs/run-service.ts';
import type { Publish } from './event-hub.ts';
import type { BlobContent, BlobHandlers } from './handlers.ts';
import type { PhotoCopies } from './photos/photo-copies.ts';
import type { Pyramids } from './photos/pyramids.ts';

interface BlobServices {
  readonly project: Project;
  readonly runs: RunService;
  readonly edits: EditService;
  readonly copies: PhotoCopies;
  readonly pyramids: Pyramids;
  readonly publish: Publish;
}

/** Anything else is sent as bytes that no browser interprets. */
const PHOTO_TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
};

export function blobHandlers({ project, runs, edits, copies, pyramids, publish }: BlobServices): BlobHandlers {
  return {
    photo: {
      get: async (imageId) => {
        const path = await project.photoPath(imageId);
        return { kind: 'file', path, contentType: PHOTO_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream' };
      },
    },

    thumb: {
      get: async (id) => {
        const [imageId = '', longSidePx = ''] = id.split('.');
        return copies.thumbnail(imageId, Number(longSidePx));
      },
    },

    display: { get: (imageId) => copies.display(imageId) },

    'photo-tile': { get: (id) => pyramids.tile(id) },

    truth: {
      get: async (imageId) => {
        const path = await project.openTruth(imageId, 'blob truth', 'look');
        const { readLabelPng } = await import('../images/palette-png.ts');
        const map = await readLabelPng(path);
        const { width, height, name } = project.images.get(imageId);
        if (map.width !== width || map.height !== height) {
          throw new PenumbraError('MASK_SIZE_MISMATCH', `The ground-truth mask of ${name} is now ${map.width}×${map.height} px; expected ${width}×${height} px as the photo.`, {
            remedy: 'Put the mask of the size of the photo back.',
            details: { imageId, width: map.width, height: map.height },
          });
        }
        return { ...(await labelPng(map, project)), cache: 'never' };
      },
    },

    layer: {
      get: async (id) => {
        const [key = '', imageId = ''] = id.split('.');
        return readLayer(runs, key, imageId);
      },
    },

    'run-sample': {
      get: async (id) => {
        const [runId = '', sampleId = ''] = id.split('.');
        return { kind: 'file', path: await runs.sampleFile(runId, sampleId), contentType: 'image/png' };
      },
    },

    corrected: {
      get: async (id) => {
        const [imageId = '', base = ''] = id.split('.');
        return labelPng(await edits.correctedMap(imageId, base), project);
      },
      put: async (id, bytes) => {
        const [imageId = '', base = ''] = id.split('.');
        // Loaded late: the decoder is not needed to answer a first call.
        const { decodeLabelPng } = await import('../images/palette-png.ts');
        const { map } = decodeLabelPng(bytes, `the mask sent for ${imageId}`, { palette: labelColours(project.classes.all()) });
        const state = await edits.replaceCorrected({ imageId, base, map, clientGestureId: randomUUID() });
        publish('edits.changed', state);
        return state;
      },
    },

    conflicts: {
      get: async (id) => {
        const [imageId = '', base = ''] = id.split('.');
        const { map } = await edits.conflictMap(imageId, base);
        const { encode } = await import('fast-png');
        const bytes = encode({ width: map.width, height: map.height, data: map.data.map((value) => value * 255), channels: 1, depth: 8 });
        return { kind: 'bytes', bytes, contentType: 'image/png' };
      },
    },
  };
}

/** A label map (PNG) or score maps (npz) of one image, its size checked against the artifact's manifest; the artifact's other files are not looked at. */
async function readLayer(runs: RunService, key: string, imageId: string): Promise<BlobContent> {
  const artifact = await runs.artifacts.openFile(key);
  for (const [name, contentType] of [
    [labelMapFile(imageId), 'image/png'],
    [`${imageId}.npz`, 'application/octet-stream'],
  ] as const) {
    if (artifact.has(name)) return { kind: 'bytes', bytes: await artifact.read(name), contentType };
  }
  throw new PenumbraError('NOT_FOUND', `artifact ${key} holds nothing for image ${imageId}`, {
    remedy: 'Ask dataset.image which layers there are.',
    details: { key, imageId },
  });
}

async function labelPng(map: LabelMap, project: Project): Promise<BlobContent> {
  const { encodeLabelPng } = await import('../images/palette-png.ts');
  return { kind: 'bytes', bytes: encodeLabelPng(map, labelColours(project.classes.all())), contentType: 'image/png' };
}
