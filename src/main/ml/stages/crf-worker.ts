import { serveTasks } from '../workers/task-pool.ts';
import { runCrfTask, type CrfTask } from './crf-task.ts';

/** Entry of the worker threads of refine-crf. */
serveTasks(
  (task) => runCrfTask(task as CrfTask),
  (map) => [map.data.buffer as ArrayBuffer],
);
