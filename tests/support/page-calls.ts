/// <reference lib="dom" />
import type { Page } from 'playwright-core';

/** Calls the API as the page would, with its session: `name` such as dataset.images, or host.state. Throws what it answers when that is an error. */
export async function callFromPage<T>(page: Page, name: string, input: object = {}): Promise<T> {
  const reply = await page.evaluate(
    async ([path, body]) => {
      const answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return (await answer.json()) as { ok: true; value: unknown } | { ok: false; error: unknown };
    },
    [`/${name.startsWith('host.') ? 'host' : 'api'}/call/${name}`, JSON.stringify(input)] as const,
  );
  if (!reply.ok) throw new Error(`${name}: ${JSON.stringify(reply.error)}`);
  return reply.value as T;
}
