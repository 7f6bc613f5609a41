/** `npm test`: brings what is missing, then runs every check; with `-- ARGS`, vitest alone with them. */
import { bootstrap } from './bootstrap.mjs';
import { runMain } from './lib/errors.mjs';
import { runChecks } from './lib/run-checks.mjs';

runMain(async () => {
  await bootstrap();
  return runChecks(process.argv.slice(2));
});
