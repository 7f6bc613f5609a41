import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, it, vi } from 'vitest';
import { effectScope } from 'vue';
import { useConnection } from '#renderer/stores/connection.ts';
import { useProject } from '#renderer/stores/project.ts';
import { useSaving } from '#renderer/stores/saving.ts';
import { toasts } from '#renderer/ui/toasts.ts';
import type { ClassInfo } from '#shared/domain/classes.ts';
import type { SupervisionRule } from '#shared/domain/supervision.ts';
import { PenumbraError } from '#shared/errors.ts';
import { useClassChanges } from './use-class-changes.ts';
import { useSupervision } from './use-supervision.ts';

/** The core, as the page sees it. */
const core = vi.hoisted(() => ({ open: 'prj', classes: [] as ClassInfo[], supervision: [] as SupervisionRule[] }));
vi.mock('#renderer/api/client.ts', () => ({
  callsAreFor: () => undefined,
  call: async ({ name }: { name: string }, input: { classes?: ClassInfo[]; rules?: SupervisionRule[] }, { projectId = core.open }: { projectId?: string }) => {
    await Promise.resolve();
    if (projectId !== core.open) throw new PenumbraError('OTHER_PROJECT', 'another project is open', { remedy: '' });
    if (name === 'project.setSupervision') core.supervision = input.rules ?? [];
    if (name === 'project.setClasses') core.classes = core.classes.map((item) => input.classes?.find(({ index }) => index === item.index) ?? item);
    return { classes: core.classes, supervision: core.supervision };
  },
}));

const cat: ClassInfo = { index: 1, name: 'cat', colour: [1, 1, 1] };
const dog: ClassInfo = { index: 2, name: 'dog', colour: [2, 2, 2] };
beforeEach(async () => {
  setActivePinia(createPinia());
  useConnection().projectId = 'prj';
  Object.assign(core, { open: 'prj', classes: [cat, dog], supervision: [{ split: 'train', classIndex: 2, kind: 'masks' }] });
  await useProject().load();
});
const within = <T>(work: () => T) => {
  const scope = effectScope();
  const made = scope.run(work) as T;
  return { scope, made };
};
const names = (): string[] => core.classes.map(({ name }) => name);

it('keeps every choice of supervision, made one upon the other or by another window', async () => {
  const { made } = within(useSupervision);
  core.supervision.push({ split: 'test', classIndex: null, kind: 'none' });
  void made.declare('train', 'tags');
  await made.declare('val', 'masks');
  expect(core.supervision.map(({ split, classIndex, kind }) => `${split} ${classIndex} ${kind}`).sort()).toEqual(['test null none', 'train 2 masks', 'train null tags', 'val null masks']);
  expect([useSaving().waiting, made.chosen.size]).toEqual([0, 0]);
});

it('saves a name that is being typed when its field goes away or the window is left', async () => {
  const { scope, made } = within(useClassChanges);
  made.drafts.value.set(1, 'kitten');
  useSaving().finishForLeaving();
  expect(useSaving().waiting).toBe(1);
  await expect.poll(names).toEqual(['kitten', 'dog']);
  made.drafts.value.set(2, 'puppy');
  scope.stop();
  await expect.poll(names).toEqual(['kitten', 'puppy']);
});

it('never gives a name to a class of another project, and says that it was not saved', async () => {
  const { scope, made } = within(useClassChanges);
  made.drafts.value.set(1, 'kitten');
  core.open = 'other';
  scope.stop();
  await expect.poll(() => toasts.value.at(-1)?.text).toContain('“cat” was not renamed');
  expect(names()).toEqual(['cat', 'dog']);
});

it('undoes colours without undoing names given since', async () => {
  const { made } = within(useClassChanges);
  await made.recolourAll(() => [9, 9, 9]);
  await made.rename(cat, 'kitten');
  await toasts.value.at(-1)?.action?.run();
  expect(core.classes.map(({ name, colour }) => [name, colour[0]])).toEqual([['kitten', 1], ['dog', 2]]);
});
