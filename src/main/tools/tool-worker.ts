import { serveTasks } from '../ml/workers/task-pool.ts';
import { runToolTask, type ToolTask } from './tool-task.ts';

/** Entry of the worker threads of "penumbra tool". */
serveTasks(
  (task) => runToolTask(task as ToolTask),
  () => [],
);
