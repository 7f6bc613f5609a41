import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { electronFact } from '../../scripts/lib/facts.mjs';

let dir: string;
let packageDir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'penumbra-electron-fact-'));
  packageDir = join(dir, 'electron');
  mkdirSync(join(packageDir, 'dist'), { recursive: true });
  writeFileSync(join(packageDir, 'package.json'), '{"version":"45.0.0"}');
  writeFileSync(join(packageDir, 'install.js'), '');
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

const SCREEN = { DISPLAY: ':0' };

describe('what doctor says of Electron', () => {
  it('names the command that brings it', () => {
    expect(electronFact(SCREEN, packageDir)).toMatchObject({ state: 'optional', found: expect.stringContaining('opens in the browser') as string, remedy: 'npx install-electron' });
    rmSync(join(packageDir, 'install.js'));
    expect(electronFact(SCREEN, packageDir)).toMatchObject({ state: 'optional', remedy: 'npm run setup' });
  });

  it.runIf(process.platform === 'linux')('brings none where there is no screen, and says that the browser is used', () => {
    expect(electronFact({}, packageDir)).toEqual({ id: 'electron', title: 'Electron', state: 'optional', found: 'not downloaded; there is no display, so npm start opens in the browser', remedy: null });
  });

  it.runIf(process.platform === 'linux')('names the version that is there, and the way out of a path that is wrong', () => {
    writeFileSync(join(packageDir, 'dist', 'electron'), '');
    writeFileSync(join(packageDir, 'path.txt'), 'electron');
    expect(electronFact(SCREEN, packageDir)).toMatchObject({ state: 'ok', found: '45.0.0' });
    expect(electronFact({ ...SCREEN, ELECTRON_OVERRIDE_DIST_PATH: join(dir, 'nowhere') }, packageDir)).toMatchObject({ state: 'broken', remedy: 'unset ELECTRON_OVERRIDE_DIST_PATH' });
  });
});
