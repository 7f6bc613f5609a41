import { readonly, ref } from 'vue';

/** A short message that goes by itself. Never the only place of an error: those stay where they happened. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'info' | 'good' | 'bad';
  /** Such as Undo. */
  readonly action?: { readonly title: string; readonly run: () => unknown };
}

const SHOWN_MS = 6000;
const shown = ref<Toast[]>([]);
let nextId = 1;

export const toasts = readonly(shown);

export function showToast(text: string, options: Partial<Pick<Toast, 'tone' | 'action'>> = {}): void {
  const toast: Toast = { id: nextId++, text, tone: options.tone ?? 'info', ...(options.action === undefined ? {} : { action: options.action }) };
  shown.value = [...shown.value.slice(-3), toast];
  setTimeout(() => dismissToast(toast.id), SHOWN_MS);
}

export function dismissToast(id: number): void {
  shown.value = shown.value.filter((toast) => toast.id !== id);
}
