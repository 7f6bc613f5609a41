/// <reference lib="webworker" />
import { buffersOf, runRasterJob, type RasterJob } from '#shared/raster/raster-jobs.ts';
import { answerRequest, type Request } from '#shared/threads/messages.ts';

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  void answerRequest(data, (task, onProgress) => runRasterJob(task as RasterJob, { onProgress }), buffersOf, (answer, moved) => postMessage(answer, moved));
});
