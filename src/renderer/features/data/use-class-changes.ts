import { onScopeDispose, ref, shallowRef } from 'vue';
import { call } from '#renderer/api/client.ts';
import { useConnection } from '#renderer/stores/connection.ts';
import { useProject } from '#renderer/stores/project.ts';
import { useSaving } from '#renderer/stores/saving.ts';
import { strings } from '#renderer/strings/index.ts';
import { showToast } from '#renderer/ui/toasts.ts';
import { project as contract } from '#shared/contract/index.ts';
import type { ClassInfo, Rgb } from '#shared/domain/classes.ts';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';

/** Names and colours of the open project's classes, to change. A name that is being typed when its field is left, in whatever way, is saved. */
export function useClassChanges() {
  const project = useProject();
  const saving = useSaving();
  const words = strings.data.classes;
  const { projectId } = useConnection();
  const error = shallowRef<ErrorValue | null>(null);
  /** Names being typed, by class: whatever is drawn anew meanwhile, they stay in their fields. */
  const drafts = ref(new Map<number, string>());
  /** What is wrong with a name as typed, by class. */
  const refused = ref(new Map<number, string>());
  let isLeft = false;

  async function save(classes: readonly ClassInfo[]): Promise<boolean> {
    error.value = null;
    saving.begin();
    try {
      await call(contract.setClasses, { classes: classes.map(({ index, name, colour }) => ({ index, name, colour })) }, { projectId });
      saving.landed(new Date());
      await project.load();
      return true;
    } catch (thrown) {
      saving.dropped();
      error.value = toErrorValue(thrown);
      return false;
    }
  }

  /** A refused name stays in its field beside what is wrong with it; the class keeps the old one. */
  async function rename(item: ClassInfo, typed: string): Promise<void> {
    const name = typed.trim();
    refused.value.delete(item.index);
    if (name === item.name) {
      drafts.value.delete(item.index);
      return;
    }
    let problem = name === '' ? words.emptyName : project.classes.some((other) => other.index !== item.index && other.name === name) ? words.sameName(name) : null;
    if (problem === null && (await save([{ ...item, name }]))) {
      drafts.value.delete(item.index);
      return;
    }
    problem ??= error.value?.message ?? '';
    refused.value.set(item.index, problem);
    if (isLeft) showToast(words.notRenamed(item.name, problem), { tone: 'bad' });
  }

  function finish(): void {
    for (const [index, typed] of drafts.value) {
      const item = project.byIndex.get(index);
      // What is wrong with a refused one was said.
      if (item !== undefined && !refused.value.has(index)) void rename(item, typed);
    }
  }
  onScopeDispose(saving.onLeaving(finish));
  onScopeDispose(() => {
    isLeft = true;
    finish();
  });

  /** Gives every class a colour; can be undone. Names stay as they are by then. */
  async function recolourAll(colourOf: (item: ClassInfo, at: number) => Rgb | undefined): Promise<void> {
    const before = new Map(project.classes.map(({ index, colour }) => [index, colour]));
    const undo = (): Promise<boolean> => save(project.classes.map((item) => ({ ...item, colour: before.get(item.index) ?? item.colour })));
    if (await save(project.classes.map((item, at) => ({ ...item, colour: [...(colourOf(item, at) ?? item.colour)] })))) showToast(words.recoloured, { action: { title: words.undo, run: undo } });
  }

  return { drafts, refused, error, save, rename, recolourAll };
}
