import { defineStore } from 'pinia';
import { computed } from 'vue';
import { project as contract } from '#shared/contract/index.ts';
import type { ClassInfo, Rgb } from '#shared/domain/classes.ts';
import { call } from '../api/client.ts';
import { useCoreEvent, useResync } from '../composables/use-core-events.ts';
import { useLoading } from '../composables/use-loading.ts';
import { strings } from '../strings/index.ts';

/** The open project: its classes, splits, supervision and counts, kept current by events. */
export const useProject = defineStore('project', () => {
  const { value: info, error, isLoading, load } = useLoading((signal) => call(contract.getProject, {}, { signal }));
  useResync(() => void load());
  useCoreEvent('project.changed', () => void load());

  const classes = computed<readonly ClassInfo[]>(() => info.value?.classes ?? []);
  const byIndex = computed(() => new Map(classes.value.map((item) => [item.index, item])));

  /** Name of a label-map value; background, ignore and values beyond the list included. */
  function labelName(value: number): string {
    if (value === 0) return strings.common.background;
    if (value === 255) return strings.common.ignore;
    return byIndex.value.get(value)?.name ?? strings.common.classNumber(value);
  }

  function labelColour(value: number): Rgb {
    if (value === 0) return [0, 0, 0];
    return byIndex.value.get(value)?.colour ?? [224, 224, 192];
  }

  return { info, error, isLoading, load, classes, byIndex, labelName, labelColour };
});
