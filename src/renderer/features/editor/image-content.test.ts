import { describe, expect, it } from 'vitest';
import type { ImageContent, loadImageContent } from './image-content.ts';
import { Prefetch } from './image-content.ts';

/** Loads that end when the test says so. */
function setUp() {
  const loads: { imageId: string; signal: AbortSignal; done(content: ImageContent): void; failed(error: Error): void }[] = [];
  const load: typeof loadImageContent = (imageId, { signal }) =>
    new Promise((done, failed) => loads.push({ imageId, signal, done, failed }));
  return { prefetch: new Prefetch(load), loads };
}

const content = (imageId: string) => ({ image: { id: imageId }, photo: { kind: 'blank' } }) as unknown as ImageContent;

describe('Prefetch', () => {
  it('loads once what is wanted twice, and gives it out once', async () => {
    const { prefetch, loads } = setUp();
    prefetch.want('im_1', null);
    prefetch.want('im_1', null);
    expect(loads).toHaveLength(1);
    const taken = prefetch.take('im_1', null);
    loads[0]?.done(content('im_1'));
    expect((await taken)?.image.id).toBe('im_1');
    expect(prefetch.take('im_1', null)).toBeNull();
  });

  it('gives out nothing that was loaded for another stage, and forgets it', () => {
    const { prefetch, loads } = setUp();
    prefetch.want('im_1', null);
    expect(prefetch.take('im_1', 'crf')).toBeNull();
    expect(loads[0]?.signal.aborted).toBe(true);
    prefetch.renew();
    expect(loads).toHaveLength(1);
  });

  it('loads anew what changed since', async () => {
    const { prefetch, loads } = setUp();
    prefetch.want('im_1', null);
    prefetch.renew('im_2');
    expect(loads[0]?.signal.aborted).toBe(false);
    prefetch.renew('im_1');
    expect(loads[0]?.signal.aborted).toBe(true);
    expect(loads).toHaveLength(2);
    const taken = prefetch.take('im_1', null);
    loads[0]?.done(content('stale'));
    loads[1]?.done(content('im_1'));
    expect((await taken)?.image.id).toBe('im_1');
  });

  it('renews nothing that was dropped or given out', () => {
    const { prefetch, loads } = setUp();
    prefetch.want('im_1', null);
    prefetch.drop();
    expect(loads[0]?.signal.aborted).toBe(true);
    prefetch.renew();
    prefetch.want('im_2', null);
    void prefetch.take('im_2', null);
    prefetch.renew('im_2');
    expect(loads).toHaveLength(2);
    expect(prefetch.take('im_2', null)).toBeNull();
  });

  it('loads anew what failed before anybody asked for it', async () => {
    const { prefetch, loads } = setUp();
    prefetch.want('im_1', null);
    loads[0]?.failed(new Error('the core was away'));
    await Promise.resolve();
    await Promise.resolve();
    prefetch.renew();
    expect(loads).toHaveLength(2);
    loads[1]?.failed(new Error('the core was away'));
    await Promise.resolve();
    await Promise.resolve();
    expect(prefetch.take('im_1', null)).toBeNull();
    prefetch.want('im_1', null);
    expect(loads).toHaveLength(3);
  });
});
