import { router } from './router.ts';

/** Opening shows its progress, its errors and what becomes of runs on the start page. */
export function openRecent(dir: string): void {
  void router.push({ name: 'start', query: { open: dir } });
}
