import { useLocalStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import type { PaintMode } from '../canvas/mask/paint-rule.ts';
import type { LabelLook, MaskStyle } from '../canvas/render/label-pixels.ts';
import type { ToolId } from '../canvas/tools/index.ts';
import type { PaintOptions } from '../canvas/tools/painter.ts';
import { useConnection } from './connection.ts';
import { useProject } from './project.ts';

export const MASK_STYLES: readonly MaskStyle[] = ['fill', 'both', 'outline'];
export const PAINT_MODES: readonly PaintMode['kind'][] = ['everything', 'unlabelled', 'one-class'];

/** What the painter has in hand and how masks look: kept from image to image. */
export const usePaintOptions = defineStore('paint-options', () => {
  const project = useProject();
  const tool = ref<ToolId>('brush');
  /** 0 background, 1..254 a class, 255 undecided. */
  const label = ref(1);
  const isLabelChosen = ref(false);
  const brushDiameterPx = useLocalStorage('penumbra.brushPx', 24);
  const modeKind = ref<PaintMode['kind']>('everything');
  /** The label that `one-class` repaints. */
  const onlyLabel = ref(0);
  const locked = ref<ReadonlySet<number>>(new Set());
  const hidden = ref<ReadonlySet<number>>(new Set());
  const style = useLocalStorage<MaskStyle>('penumbra.maskStyle', 'both');
  const opacity = useLocalStorage('penumbra.maskOpacity', 0.45);
  const isMaskHidden = ref(false);

  // Labels mean something else in another project.
  watch(
    () => useConnection().projectId,
    () => {
      label.value = 1;
      isLabelChosen.value = false;
      onlyLabel.value = 0;
      locked.value = new Set();
      hidden.value = new Set();
    },
  );

  const options = computed<PaintOptions>(() => ({
    label: label.value,
    brushDiameterPx: brushDiameterPx.value,
    mode: modeKind.value === 'one-class' ? { kind: 'one-class', label: onlyLabel.value } : { kind: modeKind.value },
    locked: locked.value,
  }));
  const look = computed<LabelLook>(() => ({
    classes: isMaskHidden.value ? [] : project.classes,
    style: style.value,
    opacity: opacity.value,
    hidden: isMaskHidden.value ? new Set([255]) : hidden.value,
  }));

  /** Takes a label in hand, from image to image. */
  function take(which: number): void {
    label.value = which;
    isLabelChosen.value = true;
  }

  /** As long as nothing was chosen: what an image is tagged with is the likeliest to be painted in it. */
  function suggest(tags: readonly number[]): void {
    if (!isLabelChosen.value) label.value = tags[0] ?? 1;
  }

  function toggleLock(which: number): void {
    locked.value = toggled(locked.value, which);
  }

  function toggleHidden(which: number): void {
    hidden.value = toggled(hidden.value, which);
  }

  return { tool, label, brushDiameterPx, modeKind, onlyLabel, locked, hidden, style, opacity, isMaskHidden, options, look, take, suggest, toggleLock, toggleHidden };
});

function toggled(set: ReadonlySet<number>, item: number): ReadonlySet<number> {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}
