import { shallowReactive, shallowRef } from 'vue';
import { call } from '#renderer/api/client.ts';
import { useConnection } from '#renderer/stores/connection.ts';
import { useProject } from '#renderer/stores/project.ts';
import { useSaving } from '#renderer/stores/saving.ts';
import { strings } from '#renderer/strings/index.ts';
import { showToast } from '#renderer/ui/toasts.ts';
import { project as contract } from '#shared/contract/index.ts';
import type { SupervisionKind } from '#shared/domain/supervision.ts';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';

/** What methods may learn from in each split of the open project, to change. */
export function useSupervision() {
  const project = useProject();
  const saving = useSaving();
  const { projectId } = useConnection();
  const error = shallowRef<ErrorValue | null>(null);
  /** What was chosen and is on its way, by split. */
  const chosen = shallowReactive(new Map<string, SupervisionKind>());
  let last: Promise<void> = Promise.resolve();

  /** Sets what holds for every class of a split, after what was chosen before it; what is declared for single classes stays. */
  function declare(split: string, kind: SupervisionKind): Promise<void> {
    chosen.set(split, kind);
    saving.begin();
    last = last.then(() => save(split, kind));
    return last;
  }

  async function save(split: string, kind: SupervisionKind): Promise<void> {
    error.value = null;
    try {
      // All rules are replaced at once, so they are read first: another choice, or another window, may just have changed them.
      const { supervision } = await call(contract.getProject, {}, { projectId });
      const others = supervision.filter((rule) => rule.split !== split || rule.classIndex !== null);
      await call(contract.setSupervision, { rules: [...others, { split, classIndex: null, kind }] }, { projectId });
      saving.landed(new Date());
      showToast(strings.data.splits.saved, { tone: 'good' });
    } catch (thrown) {
      saving.dropped();
      error.value = toErrorValue(thrown);
    }
    await project.load();
    if (chosen.get(split) === kind) chosen.delete(split);
  }

  return { chosen, error, declare };
}
