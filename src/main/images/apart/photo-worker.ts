import { faultPoint } from '../../faults/faults.ts';
import { encodeForDisplay, encodeThumbnail, type DisplayForm } from '../browser-photo.ts';
import { openPhoto, readPhotoHeader } from '../photo.ts';
import { answerOneJob } from './answer-one-job.ts';

/** Each with the photo's path. */
export type PhotoJob = { readonly path: string } & (
  | { readonly make: 'header'; readonly maxPixels?: number | undefined }
  | { readonly make: 'thumbnail'; readonly longSidePx: number }
  | { readonly make: 'display'; readonly form: Exclude<DisplayForm, 'as-it-is'>; readonly maxPixels: number }
);

/** A child process that reads one large photo and ends. */
answerOneJob(async (job: PhotoJob) => {
  faultPoint('images.apart');
  switch (job.make) {
    case 'header':
      return readPhotoHeader(job.path, job.maxPixels === undefined ? {} : { maxPixels: job.maxPixels });
    case 'thumbnail':
      return encodeThumbnail(await openPhoto(job.path), job.longSidePx);
    case 'display':
      return encodeForDisplay(await openPhoto(job.path), job.form, job.maxPixels);
  }
});
