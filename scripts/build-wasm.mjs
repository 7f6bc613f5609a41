/** `npm run build:wasm`: compiles assembly/ into the TypeScript files that carry it; `--check` only compares. Part of `npm run build`. */
import { runMain } from './lib/errors.mjs';
import { buildWasm } from './lib/build-wasm.mjs';

runMain(async () => {
  const stale = await buildWasm({ write: !process.argv.includes('--check') });
  for (const file of stale) console.log(`${process.argv.includes('--check') ? 'stale' : 'written'}: ${file}`);
  return process.argv.includes('--check') && stale.length > 0 ? 1 : 0;
});
