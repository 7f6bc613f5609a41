import { defineStore } from 'pinia';
import { shallowRef } from 'vue';

export interface FolderRequest {
  readonly title: string;
  readonly startAt?: string | undefined;
  /** What kind of folder is looked for; those are marked, and one step takes them. */
  readonly want: 'project' | 'dataset' | 'any';
}

/** Choosing a folder: by the system's dialog in the shell, by one of ours (features/folders) in a browser. */
export const useFolderChoice = defineStore('folder-choice', () => {
  const request = shallowRef<FolderRequest | null>(null);
  let settle: ((dir: string | null) => void) | null = null;

  /** The folder chosen; null when the dialog was dismissed. */
  async function choose(asked: FolderRequest): Promise<string | null> {
    answer(null);
    if (window.penumbra !== undefined) {
      return window.penumbra.chooseFolder({ title: asked.title, ...(asked.startAt === undefined ? {} : { startAt: asked.startAt }) });
    }
    request.value = asked;
    return new Promise((resolve) => (settle = resolve));
  }

  function answer(dir: string | null): void {
    request.value = null;
    settle?.(dir);
    settle = null;
  }

  return { request, choose, answer };
});
