import { buffersOf, runRasterJob, type RasterJob } from '#shared/raster/raster-jobs.ts';
import { serveTasks } from './task-pool.ts';

/** Entry of the worker threads of a raster pool. */
serveTasks((task, onProgress) => runRasterJob(task as RasterJob, { onProgress }), buffersOf);
