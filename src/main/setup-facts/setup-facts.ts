import * as z from 'zod';
import { DoctorItem } from '#shared/contract/system.ts';
import { collectFacts } from '../../../scripts/lib/facts.mjs';

/**
 * State of Node, engine, GPU, backends, Electron, cache and disk, each missing thing with the command that brings it.
 * Takes seconds: every backend is loaded once, in a process of its own.
 */
export async function setupFacts(): Promise<DoctorItem[]> {
  // The collector is plain JavaScript, so that it works before any package is installed; here its answer enters typed code.
  return z.array(DoctorItem).parse(await collectFacts());
}
