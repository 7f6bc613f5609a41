import { useEventListener } from '@vueuse/core';
import { runByKeys } from './registry.ts';

const TYPING = 'input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]';
/** These answer to their own keys: a dialog, a menu, a slider being moved. */
const OWN_KEYS = '[role=dialog], [role=menu], [role=listbox]';

/** Gives key presses to the commands, unless they are meant for a field or a dialog. */
export function useCommandKeys(): void {
  useEventListener(window, 'keydown', (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest(OWN_KEYS) !== null) return;
    if (event.key === 'Enter' && target.closest('button, a') !== null) return;
    if (event.key === ' ' && target.closest('button, a, input') !== null) return;
    const isSlider = target.matches('input[type=range], [role=slider], [role=tab], [role=radio]');
    if (isSlider && /^(Arrow|Home|End|Page)/.test(event.key)) return;
    if (runByKeys(event, { isTyping: target.closest(TYPING) !== null })) event.preventDefault();
  });
}
