import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ImageHolds } from './image-holds.ts';

let told: unknown[];
let holds: ImageHolds;
const publish = (_name: string, payload: unknown): void => void told.push(payload);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  told = [];
  holds = new ImageHolds(publish);
});
afterEach(() => vi.useRealTimers());

test('the first window has the image; the second is told who, until the lease ends', () => {
  expect(holds.take('im_a', 'one')).toEqual({ held: true, by: 'one', untilMs: 1_015_000 });
  expect(holds.take('im_a', 'two')).toEqual({ held: false, by: 'one', untilMs: 1_015_000 });
  expect(holds.take('im_b', 'two').held).toBe(true);
  vi.advanceTimersByTime(15_000);
  expect(holds.take('im_a', 'two')).toEqual({ held: true, by: 'two', untilMs: 1_030_000 });
});

test('a lease that is renewed does not end, and renewals are not told', () => {
  holds.take('im_a', 'one');
  for (let renewal = 0; renewal < 5; renewal++) {
    vi.advanceTimersByTime(10_000);
    expect(holds.take('im_a', 'one').held).toBe(true);
  }
  expect(told).toEqual([{ imageId: 'im_a', by: 'one', untilMs: 1_015_000 }]);
  vi.advanceTimersByTime(15_000);
  expect(told.at(-1)).toEqual({ imageId: 'im_a', by: null, untilMs: 0 });
});

test('only the holder can release', () => {
  holds.take('im_a', 'one');
  expect(holds.release('im_a', 'two')).toBe(false);
  expect(holds.release('im_a', 'one')).toBe(true);
  expect(holds.release('im_a', 'one')).toBe(false);
  expect(holds.take('im_a', 'two').held).toBe(true);
  expect(told.map((event) => (event as { by: string | null }).by)).toEqual(['one', null, 'two']);
});

test('after a sleep of the machine a lease has ended although its timer has not fired', () => {
  holds.take('im_a', 'one');
  vi.setSystemTime(2_000_000);
  expect(holds.release('im_a', 'one')).toBe(false);
  expect(holds.take('im_a', 'two').held).toBe(true);
  vi.advanceTimersByTime(14_000);
  expect(holds.take('im_a', 'one')).toMatchObject({ held: false, by: 'two' });
});
