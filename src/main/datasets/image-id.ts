import { createHash } from 'node:crypto';

const DIGITS = 16;

/**
 * The id of a photo from its name and content: the same photos give the same ids in every project, so that chance, which is keyed by
 * image id, gives the same numbers; and nobody who knows only the path can say the id.
 */
export function imageIdOf(name: string, photoSha256: string): string {
  const hash = createHash('sha256').update(`penumbra image\n${name}\n${photoSha256}`).digest('hex');
  return `im_${BigInt(`0x${hash}`).toString(36).padStart(DIGITS, '0').slice(-DIGITS)}`;
}
