/** Entry: loader | leaks, in a process of its own with --expose-gc; prints one line of JSON. */
import { loadBackend } from '#main/ml/backend/load.ts';
import { measureLeaks } from './leak-measure.ts';
import { measureLoader } from './loader-measure.ts';

const backend = await loadBackend('native');
const [what, count] = process.argv.slice(2);
const size = count === undefined ? undefined : Number(count);
const result = what === 'loader' ? await measureLoader(backend, size) : await measureLeaks(backend, size);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
