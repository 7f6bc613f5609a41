/**
 * A core with a real project and fake recipes, as a process of its own, for tests that kill it.
 * Arguments: project folder, recipe, and overrides as JSON. Prints one JSON object a line: {pid}, then each change of the run.
 * With recipe "-" it starts nothing and waits until the queue of the project is empty.
 */
import { watchWrapper } from '#main/runs/watchdog/watch.ts';
import { openProject } from '#main/project/open.ts';
import { openRunService } from '#main/runs/project-runs.ts';
import { fakeRecipes } from './run-project.ts';
import { request } from './run-helpers.ts';

const [dir = '', recipe = '', overrides = '{}'] = process.argv.slice(2);
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);

await watchWrapper();
const project = await openProject(dir);
const service = await openRunService({ project, recipeModule: fakeRecipes });
service.subscribe((event) => {
  if (event.name === 'runs.logged') for (const line of event.payload.lines) say({ log: line.message });
  else if (event.name === 'runs.changed')
    say({ run: event.payload.id, state: event.payload.state, steps: event.payload.steps.map((step) => step.state) });
});
say({ pid: process.pid });
if (recipe === '-') {
  for (const run of service.list({ offset: 0, limit: 100 }).runs) await service.finished(run.id);
} else {
  const count = recipe === 'chain-twice' ? 2 : 1;
  const runs = [];
  for (let seed = 0; seed < count; seed++)
    runs.push(await service.start(request(recipe.replace('-twice', ''), JSON.parse(overrides) as Record<string, never>, seed)));
  for (const run of runs) await service.finished(run.id);
}
await service.close('wait');
project.close();
