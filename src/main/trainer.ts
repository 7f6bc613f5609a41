/**
 * Entry of the trainer: one process a run, started by the core (runs/trainer/supervisor.ts).
 * Arguments: the core's pid, and the URL of the module that lists recipes.
 */
import { serveOneRun } from './runs/trainer/session.ts';
import { watchProcess } from './runs/watchdog/watch.ts';

const [corePid = '', recipeModule = ''] = process.argv.slice(2);

// Ctrl-C on a terminal reaches the whole process group. What becomes of the run is the core's to say: it cancels, or is killed and takes us along.
process.on('SIGINT', () => undefined);

await watchProcess(Number(corePid)); // first of all: this process never outlives its core
await serveOneRun(recipeModule);
process.disconnect();
// Explicit, since a tensor engine may keep threads and handles of its own.
process.exit(0);
