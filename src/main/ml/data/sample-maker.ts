import { fitLongSide } from '#shared/raster/resize/resize.ts';
import { randomFor } from '../random/random.ts';
import { augmentForMasks, augmentForTags, type TrainingSample } from './augment.ts';
import type { PhotoCache } from './photo-cache.ts';
import { resampleBicubic, scaled } from './resample.ts';
import type { PyramidJob, PyramidLevel, SampleJob, TrainingJob } from './sample-protocol.ts';
import { wholePhoto } from './window.ts';

/** Does one job: a function of the job and the files it names, whatever was done before. */
export async function makeSample(job: SampleJob, cache: PhotoCache): Promise<TrainingSample | readonly PyramidLevel[]> {
  return job.kind === 'training' ? makeTrainingSample(job, cache) : makePyramid(job, cache);
}

async function makeTrainingSample(job: TrainingJob, cache: PhotoCache): Promise<TrainingSample> {
  const { augmentation, photo: file } = job;
  const random = randomFor(...job.randomKey);
  if (augmentation.kind === 'tags') return augmentForTags(await cache.photo(file, augmentation.longSideToPx), augmentation, random);
  if (job.labels === null) throw new Error(`no label map was given for ${file.path}`);
  const photo = await cache.photo(file, Math.ceil(augmentation.longSidePx * Math.max(1, augmentation.scaleTo)));
  return augmentForMasks(photo, await cache.labels(job.labels, file, photo), augmentation, random);
}

async function makePyramid(job: PyramidJob, cache: PhotoCache): Promise<readonly PyramidLevel[]> {
  const photo = await cache.photo(job.photo, Math.ceil(job.longSidePx * Math.max(1, ...job.scales)));
  const base = fitLongSide(photo, job.longSidePx);
  return job.scales.map((scale) => {
    const size = scaled(base, scale);
    return { ...size, pixels: wholePhoto(resampleBicubic(photo, size.width, size.height), false) };
  });
}
