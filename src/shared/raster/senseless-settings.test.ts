import { describe, expect, it } from 'vitest';
import { RASTER_JOB_SAMPLES } from '../../../tests/support/raster-job-samples.ts';
import { PenumbraError } from '../errors.ts';
import { runRasterJob, type RasterJob, type RasterJobName } from './raster-jobs.ts';

/** Keys of the sample's input, from the outside in. */
type Place = readonly string[];

/** What a job does not read: what rows of a CRF say of themselves, and the text of run lengths, of which any is one. */
const UNREAD = /^(crf|crfRuns) .*(use|unary|labelConfidence|source)$|^liveWirePath map\.seed$|^cocoCounts text$/;

/** Numbers, words and arrays of an input, each by its place. */
function* leavesOf(value: unknown, place: Place): Generator<readonly [Place, number | string | ArrayBufferView]> {
  if (typeof value === 'number' || typeof value === 'string' || ArrayBuffer.isView(value)) yield [place, value];
  // Of lists the first is as good as all.
  else if (typeof value === 'object' && value !== null) for (const [key, inner] of Object.entries(value).slice(0, Array.isArray(value) ? 1 : undefined)) yield* leavesOf(inner, [...place, key]);
}

/** A copy of `value` with `leaf` at that place. */
function changed(value: unknown, [key, ...inner]: Place, leaf: unknown): unknown {
  if (key === undefined) return leaf;
  if (Array.isArray(value)) return value.map((one: unknown, index) => (String(index) === key ? changed(one, inner, leaf) : one));
  return { ...(value as object), [key]: changed((value as Readonly<Record<string, unknown>>)[key], inner, leaf) };
}

function refusal(name: RasterJobName, place: Place, leaf: unknown): unknown {
  try {
    runRasterJob({ name, input: changed(RASTER_JOB_SAMPLES[name].input, place, leaf) } as RasterJob);
  } catch (error) {
    return error;
  }
  return 'nothing was refused';
}

const leaves = Object.entries(RASTER_JOB_SAMPLES).flatMap(([name, { input }]) =>
  [...leavesOf(input, [])].map(([place, leaf]) => ({ name: name as RasterJobName, place, leaf, at: `${name} ${place.join('.')}` })).filter(({ at }) => !UNREAD.test(at)),
);

describe('every number, word and array of every job', () => {
  it.each(leaves.filter(({ leaf }) => typeof leaf === 'number'))('$at that is NaN', ({ name, place }) => {
    const refused = refusal(name, place, NaN);
    expect(refused).toBeInstanceOf(PenumbraError);
    expect(refused).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('NaN') as string });
  });

  it.each(leaves.filter(({ leaf }) => typeof leaf === 'string'))('$at that is no such word', ({ name, place }) => {
    const refused = refusal(name, place, 'sideways');
    expect(refused).toBeInstanceOf(PenumbraError);
    expect(refused).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringMatching(/is "sideways"; expected /) as string });
  });

  it.each(leaves.filter(({ leaf }) => ArrayBuffer.isView(leaf)))('$at that is too short', ({ name, place, leaf }) => {
    const refused = refusal(name, place, (leaf as Uint8Array).subarray(1));
    expect(refused).toBeInstanceOf(PenumbraError);
    expect(refused).toMatchObject({ code: 'BAD_REQUEST' });
  });
});

describe('settings without sense are refused by name, value and what was expected', () => {
  it.each<[RasterJobName, string, unknown, string]>([
    ['crf', 'parameters.iterations', -1, 'dense CRF: iterations is -1; expected an integer from 0 to 10000'],
    ['crf', 'parameters', { iterations: 0, gaussian: { sxyPx: -3, compat: 3 }, bilateral: null }, 'dense CRF: a standard deviation is -3; expected a number above 0'],
    ['crf', 'parameters', { iterations: 0, gaussian: { sxyPx: [3, 3, 3], compat: 3 }, bilateral: null }, 'dense CRF: 3 standard deviations; expected 1 or 2'],
    ['crf', 'parameters', { iterations: 2, gaussian: { sxyPx: 3, compat: 3, normalisation: 'both' }, bilateral: null }, 'normalisation is "both"; expected symmetric, before, after or none'],
    ['crfRuns', 'runs.1.parameters.bilateral.srgb', 0, 'dense CRF: a standard deviation is 0; expected a number above 0'],
    ['slic', 'parameters.segments', 0, 'SLIC: segments is 0'],
    ['slic', 'parameters.compactness', Infinity, 'SLIC: compactness is Infinity; expected a number above 0'],
    ['quickshift', 'parameters.maxDistance', -1, 'quickshift: maxDistance is -1; expected a number from 0'],
    ['adjacency', 'regions.count', 3, 'region adjacency: the region at x = 15, y = 0 is 3; expected 0 to 2'],
    ['adjacency', 'regions.count', 2 ** 31, 'region adjacency: count is 2147483648; expected an integer from 0 to 94906265'],
    ['vote', 'regions.count', 3, 'majority vote: the region at x = 15, y = 0 is 3; expected 0 to 2'],
    ['vote', 'regions.count', -1, 'majority vote: count is -1; expected an integer from 0 to'],
    ['blur', 'sigmaPx', -1, 'Gaussian blur: sigma is -1; expected a number from 0 to 1000'],
    ['blur', 'sigmaPx', 1e9, 'Gaussian blur: sigma is 1000000000; expected a number from 0 to 1000'],
    ['sobel', 'border', 'wrap', 'Sobel: border is "wrap"; expected mirror or repeat'],
    ['canny', 'parameters.low', -1, 'Canny: thresholds are -1 and 100; expected numbers from 0'],
    ['canny', 'parameters.norm', 'l3', 'Canny: norm is "l3"; expected l1 or l2'],
    ['resize', 'filter', 'lanczos', 'resize: filter is "lanczos"; expected bilinear or bicubic'],
    ['resizeLabels', 'size.height', 0, 'resize: height is 0; expected an integer from 1'],
    ['components', 'connectivity', 5, 'components: connectivity is 5; expected 4 or 8'],
    ['boxOfScores', 'threshold', -0.1, 'box of scores: threshold is -0.1; expected a number from 0 to 1'],
    ['morph', 'label', 0, 'morphology: the class is background'],
    ['morph', 'label', 300, 'morphology: label is 300; expected an integer from 1 to 255'],
    ['morph', 'label', 1.5, 'morphology: label is 1.5; expected an integer from 1 to 255'],
    ['morph', 'step.radiusPx', -1, 'morphology: radius is -1; expected a number from 0'],
    ['morph', 'step', { kind: 'close', radiusPx: NaN }, 'morphology: radius is NaN; expected a number from 0'],
    ['morph', 'step', { kind: 'remove-small', leastPx: NaN }, 'morphology: least is NaN; expected an integer from 0'],
    ['morph', 'step', { kind: 'melt' }, 'morphology: kind is "melt"; expected open, close, fill or remove-small'],
    ['boundaryF', 'tolerance', -0.5, 'boundary F: tolerance is -0.5; expected a number from 0'],
    ['affinities', 'radius', 0, 'radius is 0; expected an integer from 1 to 64'],
    ['affinities', 'guide', { count: 0, width: 4, height: 3, data: new Float32Array(0) }, 'feature affinities: the features are 0 planes; expected at least one'],
    ['walk', 'sources', 'outer', 'affinities: sources is "outer"; expected all or inner'],
    ['walk', 'parameters.beta', 0, 'random walk: beta is 0; expected a number above 0'],
    ['walkWithin', 'parameters.doublings', 21, 'random walk: doublings is 21; expected an integer from 0 to 20'],
    ['liveWire', 'reachPx', -1, 'live-wire: reach is -1; expected a number from 0'],
    ['liveWirePath', 'to', { x: 1.5, y: 2 }, 'live-wire: the target is (1.5, 2); expected whole numbers'],
    ['wand', 'parameters.tolerance', -1, 'magic wand: tolerance is -1; expected a number from 0 to 255'],
    ['wand', 'parameters.connectivity', 5, 'magic wand: connectivity is 5; expected 4 or 8'],
    ['wand', 'seed.x', 40, 'magic wand: the seed is (40, 4); expected a pixel of 40×26'],
  ])('%s %s %j', (name, place, value, message) => {
    const refused = refusal(name, place.split('.'), value);
    expect(refused).toBeInstanceOf(PenumbraError);
    expect(refused).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining(message) as string, remedy: expect.stringMatching(/\.$/) as string });
  });
});
