import type { StoredTensors } from '../weights-file.ts';

/** Which of the known programs' dictionaries of class activation maps a file holds (networks-formats.md §3.6). */
export interface CamDictionary {
  readonly madeBy: 'PSA or SEAM' | 'IRN' | 'Puzzle-CAM';
  /** What the map's planes stand for, as the file says: class numbers as the program counts them. */
  readonly keys: readonly number[];
  /** How it counts: 0-based classes without background, background as 0 first, or not to be told from the file. */
  readonly counting: 'classes from 0' | 'background is 0' | 'unknown: CAMs count classes from 0, CRF files have background as 0';
  /** The names of the maps in the file, largest last. */
  readonly maps: readonly string[];
}

/** Null when the tensors are no CAMs that one of the three programs writes. */
export function camDictionary(tensors: StoredTensors): CamDictionary | null {
  const names = [...tensors.keys()];
  if (names.length > 0 && names.every((name) => /^\d{1,3}$/.test(name)) && [...tensors.values()].every(({ type, shape }) => type === 'F32' && shape.length === 2)) {
    return { madeBy: 'PSA or SEAM', keys: names.map(Number), counting: 'unknown: CAMs count classes from 0, CRF files have background as 0', maps: names };
  }
  const keys = tensors.get('keys');
  if (keys?.shape.length !== 1 || !keys.type.startsWith('I')) return null;
  const maps = names.filter((name) => name !== 'keys');
  const planes = [...keys.values()];
  const irn = maps.every((name) => ['cam', 'high_res'].includes(name));
  const puzzle = maps.every((name) => ['cam', 'hr_cam', 'rw'].includes(name));
  if (maps.length === 0 || !(irn || puzzle)) return null;
  // Both name the small map "cam"; only Puzzle-CAM puts background first.
  return irn && !(planes[0] === 0 && (tensors.get('cam')?.shape[0] ?? 0) === planes.length - 1)
    ? { madeBy: 'IRN', keys: planes, counting: 'classes from 0', maps }
    : { madeBy: 'Puzzle-CAM', keys: planes, counting: 'background is 0', maps };
}
