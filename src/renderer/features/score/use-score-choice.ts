import { computed, type Ref } from 'vue';
import { useRouter } from 'vue-router';
import type { ScoreTable } from '#shared/domain/score.ts';
import { useQueryText } from '#renderer/composables/use-query.ts';
import { useReplaceWhileHere } from '#renderer/composables/use-replace-while-here.ts';
import type { ClassOrder } from './score-figures.ts';

/** What of a score table is looked at: split, layer, order of classes and cell of the matrix. All of it stands in the address. */
export function useScoreChoice(table: Ref<ScoreTable | null>) {
  const router = useRouter();
  const replaceWhileHere = useReplaceWhileHere();
  const splitQuery = useQueryText('split', '');
  const layerQuery = useQueryText('layer', '');
  const orderQuery = useQueryText('order', '');
  const cellQuery = useQueryText('cell', '', 'push');

  const splits = computed(() => [...new Set(table.value?.layers.map(({ split }) => split) ?? [])]);
  /** The split that nothing was trained on says most, so it comes first where there is one. */
  const split = computed(() => (splits.value.includes(splitQuery.value) ? splitQuery.value : (splits.value.find((name) => name === 'val') ?? splits.value[0] ?? '')));
  const layers = computed(() => table.value?.layers.filter((score) => score.split === split.value) ?? []);
  const chosen = computed(() => layers.value.find(({ layer }) => layer === layerQuery.value) ?? layers.value.at(-1) ?? null);

  const order = computed<ClassOrder>({
    get(): ClassOrder {
      const value = orderQuery.value;
      if (value === 'name' || value === 'truth') return { by: value };
      return value.startsWith('layer.') ? { by: 'layer', layer: value.slice('layer.'.length) } : { by: 'index' };
    },
    set(wanted) {
      orderQuery.value = wanted.by === 'layer' ? `layer.${wanted.layer}` : wanted.by === 'index' ? '' : wanted.by;
    },
  });

  const cell = computed<{ truth: number; predicted: number } | null>({
    get() {
      const match = /^(\d{1,3})-(\d{1,3})$/.exec(cellQuery.value);
      return match === null ? null : { truth: Number(match[1]), predicted: Number(match[2]) };
    },
    set(wanted) {
      cellQuery.value = wanted === null ? '' : `${wanted.truth}-${wanted.predicted}`;
    },
  });

  function choose(newSplit: string, layer: string): void {
    replaceWhileHere({ query: { ...router.currentRoute.value.query, split: newSplit, layer } });
  }

  return { split, layers, chosen, order, cell, choose };
}
