import { useLocalStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import { watchEffect } from 'vue';

export type Theme = 'dark' | 'light' | 'contrast';
export const THEMES: readonly Theme[] = ['dark', 'light', 'contrast'];

const LARGE_WINDOW_PX = 1900;

/** What one user of one browser likes; nothing of a project. */
export const usePreferences = defineStore('preferences', () => {
  const theme = useLocalStorage<Theme>('penumbra.theme', 'dark');
  const thumbnailPx = useLocalStorage('penumbra.thumbnailPx', innerWidth >= LARGE_WINDOW_PX ? 248 : 168);
  const isInspectorOpen = useLocalStorage('penumbra.inspector', true);
  const isTourDone = useLocalStorage('penumbra.tourDone', false);

  watchEffect(() => {
    document.documentElement.dataset['theme'] = THEMES.includes(theme.value) ? theme.value : 'dark';
  });

  return { theme, thumbnailPx, isInspectorOpen, isTourDone };
});
