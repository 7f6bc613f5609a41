import { expect, it } from 'vitest';
import { RecentLoads } from './image-cache.ts';

it('loads once while recent, forgets the least recent, and never keeps a failure', async () => {
  const loads = new RecentLoads<string>(2);
  const asked: string[] = [];
  const get = (key: string): Promise<string> => loads.get(key, () => (asked.push(key), key === 'bad' ? Promise.reject(new Error('bad')) : Promise.resolve(key)));
  await get('a');
  await get('b');
  await get('a');
  await get('c');
  await get('a');
  await get('b');
  expect(asked).toEqual(['a', 'b', 'c', 'b']);
  await expect(get('bad')).rejects.toThrow('bad');
  await expect(get('bad')).rejects.toThrow('bad');
  expect(asked.filter((key) => key === 'bad')).toHaveLength(2);
  loads.drop((key) => key === 'b');
  await get('b');
  expect(asked.at(-1)).toBe('b');
});
