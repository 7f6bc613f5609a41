import { answerOneJob } from '../apart/answer-one-job.ts';
import { buildPyramid } from './build.ts';

/** A child process that cuts one photo into tiles and ends. */
answerOneJob(buildPyramid);
