import { existsSync } from 'node:fs';
import { installedEngines } from '../../../scripts/lib/cache.mjs';
import type { BackendId } from '#main/ml/backend/backend.ts';

/** Queue slot of a run: runs on one device wait for each other. */
export type Device = 'cpu' | 'gpu0';

/** The device a backend will use, judged by what is installed and present; no engine is loaded for it. */
export function deviceOf(backend: BackendId | 'auto'): Device {
  switch (backend) {
    case 'cpu':
      return 'cpu';
    case 'webgpu':
      return 'gpu0';
    case 'native':
    case 'auto':
      return existsSync('/dev/nvidia0') && installedEngines().some((engine) => engine.variant === 'gpu') ? 'gpu0' : 'cpu';
  }
}
