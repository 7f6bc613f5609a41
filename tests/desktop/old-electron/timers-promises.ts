/** node:timers/promises, which Node 12 lacks, as far as the shell uses it. */
export function setTimeout(ms: number): Promise<void> {
  return new Promise((resolve) => globalThis.setTimeout(resolve, ms));
}
