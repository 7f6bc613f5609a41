import { describe, expect, it } from 'vitest';
import { effectScope, nextTick, ref, shallowRef } from 'vue';
import { useDecisions } from './use-decisions.ts';

function setUp() {
  const log: string[] = [];
  const imageId = ref<string | undefined>('im_1');
  const editor = {
    content: shallowRef<unknown>({ image: { id: 'im_1', name: 'one' } }),
    isLoading: ref(false),
    isCatchingUp: ref(false),
    error: ref<unknown>(null),
    mayReview: true,
    review(to: string) {
      log.push(this.mayReview ? `saved ${to}` : 'refused read-only');
      return this.mayReview;
    },
    refuse: (why: string) => log.push(`refused ${why}`),
  };
  const decisions = effectScope().run(() =>
    useDecisions(imageId, editor as unknown as Parameters<typeof useDecisions>[1], {
      decided: (id) => log.push(`decided ${id}`),
      dropped: (name) => log.push(`dropped ${name}`),
    }),
  );
  if (decisions === undefined) throw new Error('the scope is active');
  return { log, imageId, editor, ...decisions };
}

describe('useDecisions', () => {
  it('decides at once on the image shown', () => {
    const { decide, log } = setUp();
    decide('accepted');
    expect(log).toEqual(['saved accepted', 'decided im_1']);
  });

  it('waits while the mask is brought up to date, and then decides once, as pressed last', async () => {
    const { decide, waiting, editor, log } = setUp();
    editor.isCatchingUp.value = true;
    await nextTick();
    decide('accepted');
    decide('flagged');
    expect([waiting.value, log]).toEqual(['flagged', []]);
    // Bringing it up to date may turn into loading the image anew.
    editor.isLoading.value = true;
    editor.isCatchingUp.value = false;
    await nextTick();
    expect(log).toEqual([]);
    editor.isLoading.value = false;
    await nextTick();
    expect([waiting.value, log]).toEqual([null, ['saved flagged', 'decided im_1']]);
  });

  it.each([
    ['the mask cannot be had', (up: ReturnType<typeof setUp>) => ((up.editor.error.value = { code: 'FILE_MISSING' }), (up.editor.isCatchingUp.value = false)), 'refused not-loaded'],
    ['the user leaves the image', (up: ReturnType<typeof setUp>) => (up.imageId.value = 'im_2'), 'dropped one'],
  ])('says so when %s, and decides nothing', async (_, happen, said) => {
    const up = setUp();
    up.editor.isCatchingUp.value = true;
    await nextTick();
    up.decide('accepted');
    happen(up);
    await nextTick();
    expect([up.waiting.value, up.log]).toEqual([null, [said]]);
  });

  it('refuses an image that is not shown yet, and one that may not be changed', () => {
    const up = setUp();
    up.imageId.value = 'im_2';
    up.decide('accepted');
    up.imageId.value = 'im_1';
    up.editor.mayReview = false;
    up.decide('accepted');
    expect(up.log).toEqual(['refused not-loaded', 'refused read-only']);
  });
});
