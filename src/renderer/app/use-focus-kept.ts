import { nextTick, type Ref } from 'vue';
import { useRouter } from 'vue-router';

/** A place that is left takes the focused control with it; the focus then goes to the page, so that Tab and screen readers go on there and not at the top of the window. */
export function useFocusKept(page: Readonly<Ref<HTMLElement | null>>): void {
  useRouter().afterEach(async () => {
    await nextTick();
    // Dialogs give the focus back first.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) page.value?.focus({ preventScroll: true });
    });
  });
}
