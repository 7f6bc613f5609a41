import { expect, test } from 'vitest';
import { buildWasm } from '../../scripts/lib/build-wasm.mjs';

test('the committed WebAssembly is what assembly/ compiles to', async () => {
  expect(await buildWasm({ write: false })).toEqual([]);
});
