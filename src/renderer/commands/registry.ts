import { computed, onScopeDispose, shallowReactive, toValue, type MaybeRefOrGetter } from 'vue';
import { isMac, matches, type KeyPress } from './keys.ts';

/** Something a user can do: found in the palette, listed in the shortcut sheet, run by its keys. */
export interface Command {
  /** Such as `fix.undo`. */
  readonly id: string;
  readonly title: string;
  /** Heading in the palette and the sheet. */
  readonly group: string;
  /** See keys.ts; any of them. */
  readonly keys?: readonly string[];
  /** False greys it out; asked when shown and when run. */
  readonly isEnabled?: () => boolean;
  /** True for keys that may be held down, such as brush size. */
  readonly repeats?: boolean;
  /** True keeps it out of the palette, such as moving a cursor; the sheet shows it. */
  readonly isKeyOnly?: boolean;
  readonly run: () => unknown;
}

const sources = shallowReactive(new Set<() => readonly Command[]>());

/** Every command that can be given now, those of the page before those of the frame. */
export const commands = computed(() => [...sources].reverse().flatMap((source) => source()));

/** Offers commands for as long as the calling component lives. */
export function useCommands(own: MaybeRefOrGetter<readonly Command[]>): void {
  const source = (): readonly Command[] => toValue(own);
  sources.add(source);
  onScopeDispose(() => sources.delete(source));
}

/** Runs the first enabled command that these keys stand for; false when there is none. */
export function runByKeys(press: KeyPress & { readonly repeat?: boolean }, where: { readonly isTyping: boolean }): boolean {
  for (const command of commands.value) {
    const keys = command.keys?.find((item) => matches(item, press, isMac));
    if (keys === undefined || command.isEnabled?.() === false) continue;
    // Neither types anything.
    if (where.isTyping && !/^(Mod|Alt)\+/.test(keys)) continue;
    if (press.repeat !== true || command.repeats === true) void command.run();
    return true;
  }
  return false;
}
