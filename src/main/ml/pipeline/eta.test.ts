import { describe, expect, it } from 'vitest';
import { EtaEstimator } from './eta.ts';

describe('EtaEstimator', () => {
  it('says nothing before there is a rate', () => {
    const eta = new EtaEstimator();
    expect(eta.update(0, 0, 10)).toBeNull();
    expect(eta.update(1000, 0, 10)).toBeNull();
    expect(eta.update(1000, 5, 0)).toBeNull();
  });

  it('divides what is left by the rate', () => {
    const eta = new EtaEstimator();
    eta.update(0, 0, 100);
    expect(eta.update(10_000, 20, 100)).toBeCloseTo(40);
    expect(eta.update(50_000, 100, 100)).toBe(0);
  });

  it('a resumed stage counts from where it resumed, not from zero', () => {
    const eta = new EtaEstimator();
    eta.update(0, 80, 100);
    expect(eta.update(10_000, 85, 100)).toBeCloseTo(30);
  });

  it('forgets a slow start after the window', () => {
    const eta = new EtaEstimator(60_000);
    eta.update(0, 0, 1000);
    eta.update(100_000, 1, 1000); // the first unit took 100 s
    for (let second = 1; second <= 100; second++) eta.update(100_000 + second * 1000, 1 + second, 1000);
    expect(eta.update(201_000, 102, 1000)).toBeCloseTo(898, 0);
  });

  it('holds few samples however often it is asked, and stays right', () => {
    const eta = new EtaEstimator(60_000);
    let last: number | null = null;
    for (let step = 0; step <= 30_000; step++) last = eta.update(step, step, 60_000);
    expect(last).toBeCloseTo(30, 1);
  });
});
