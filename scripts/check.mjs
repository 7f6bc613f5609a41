/** `npm run check`: types, lint, dependency rules, unused code, generated docs, all tests. What CI runs, without the set-up. `-- ARGS` runs vitest alone with them. */
import { runMain } from './lib/errors.mjs';
import { runChecks } from './lib/run-checks.mjs';

runMain(() => runChecks(process.argv.slice(2)));
