/**
 * Entry: prints one line of JSON about one tensor engine and ends. `penumbra doctor` starts it in a child process, so that an engine that
 * crashes takes nothing with it. Usage: node probe.ts native|webgpu|cpu
 */
import { toErrorValue } from '#shared/errors.ts';
import type { BackendId } from './backend.ts';
import { loadBackend } from './load.ts';

async function probe(id: BackendId): Promise<object> {
  try {
    const backend = await loadBackend(id);
    // One product proves that kernels run, not only that libraries load.
    const product = backend.tf.matMul([[1, 2]], [[3], [4]]);
    const [value] = await product.data();
    product.dispose();
    if (value !== 11) throw new Error(`1*3 + 2*4 gave ${String(value)}`);
    return { ok: true, id, description: backend.description, device: backend.device };
  } catch (thrown) {
    return { ok: false, id, error: toErrorValue(thrown) };
  }
}

const id = process.argv[2];
if (id !== 'native' && id !== 'webgpu' && id !== 'cpu') {
  process.stderr.write('usage: probe.ts native|webgpu|cpu\n');
  process.exit(2);
}
const answer = await probe(id);
// Dawn keeps the process alive; leave once the line is out.
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
