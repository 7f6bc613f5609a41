import { buildWindow } from '../../scripts/lib/build-window.mjs';
import { createSay } from '../../scripts/lib/say.mjs';

/** Tests see what a user would: the built page. */
export default async function setup(): Promise<void> {
  await buildWindow(createSay());
}
