import { describe, expect, it } from 'vitest';
import { judgeAgreements, PARITY_BOUNDS, type Agreement } from '../../scripts/raster-peers/bounds.ts';

const keys = Object.keys(PARITY_BOUNDS) as (keyof Agreement)[];

/** Differences of nothing, shares of all. */
function perfect(changed: Partial<Agreement> = {}): Agreement {
  return { ...(Object.fromEntries(keys.map((key) => [key, key.startsWith('largest') ? 0 : 1])) as Agreement), ...changed };
}

function missed(agreements: readonly Agreement[]): string[] {
  return judgeAgreements(agreements)
    .filter(({ held }) => !held)
    .map(({ key }) => key);
}

describe('parity with the peers', () => {
  it('of photos that agree in all is held', () => expect(missed([perfect(), perfect()])).toEqual([]));

  it.each([
    ['crf from labels, pixels within 1e-3', 0.999, 0.9989],
    ['slic, adjusted Rand', 0.99, 0.9899],
    ['quickshift, pixels matched', 0.99, 0.98],
    ['canny 1, 50 after blur', 0.999, 0.99],
    ['largest difference of walk', 1e-5, 1.1e-5],
    ['largest difference of RETAB, stage 2', 1e-5, 1],
    ['contour and box', 1, 0],
    ['run lengths there and back', 1, 0],
  ] as const)('%s is held at %f and missed at %f, be it on one photo of several', (key, held, beyond) => {
    expect(missed([perfect(), perfect({ [key]: held })])).toEqual([]);
    expect(missed([perfect({ [key]: beyond }), perfect()])).toEqual([key]);
    expect(judgeAgreements([perfect({ [key]: beyond }), perfect()]).find((one) => one.key === key)?.worst).toBe(beyond);
  });

  it.each(keys)('%s that is no number is missed', (key) => expect(missed([perfect(), perfect({ [key]: NaN })])).toEqual([key]));

  it('of no photos is missed', () => expect(missed([])).toEqual(keys));

  it('of a row without a bound is only told', () => {
    const told = judgeAgreements([perfect({ 'largest difference of crf from scores': 0.01 })]).find(({ key }) => key === 'largest difference of crf from scores');
    expect(told).toEqual({ key: 'largest difference of crf from scores', worst: 0.01, bound: '', held: true });
  });
});
