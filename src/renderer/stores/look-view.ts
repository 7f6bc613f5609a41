import { defineStore } from 'pinia';
import { ref } from 'vue';

export type CompareMode = 'single' | 'swipe' | 'beside';
export const COMPARE_MODES: readonly CompareMode[] = ['single', 'swipe', 'beside'];

/** How one kind of layer is shown. Side A is the only one unless two are compared. */
export interface LayerLook {
  readonly inA: boolean;
  readonly inB: boolean;
  readonly opacity: number; // 0..1
  readonly style: 'fill' | 'outline' | 'both';
  readonly palette: 'viridis' | 'magma' | 'turbo';
}

/** How Look shows layers, kept from image to image and while other places are visited. No pixels. */
export const useLookView = defineStore('lookView', () => {
  /** What the user set, by kind of layer. */
  const looks = ref<Record<string, Partial<LayerLook>>>({});
  /** Background threshold; null until the user sets one: then that of the newest seeds holds. */
  const threshold = ref<number | null>(null);
  /** Hides scores up to the threshold in heat maps. */
  const isCut = ref(false);
  const mode = ref<CompareMode>('single');
  /** Share of the view left of the swipe. */
  const swipe = ref(0.5);

  function set(look: string, change: Partial<LayerLook>): void {
    looks.value[look] = { ...looks.value[look], ...change };
  }

  return { looks, threshold, isCut, mode, swipe, set };
});
