import type { DataProblem } from '../contract/dataset.ts';
import type { ClassInfo } from './classes.ts';
import type { ImageId } from './ids.ts';
import type { SupervisionRule } from './supervision.ts';

/** What identifies a file's content, and lets a later look skip hashing when size and time still agree. */
export interface FileFacts {
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly sha256: string; // hex
}

/** One readable photo of an import. Paths are relative to the dataset root, with forward slashes. */
export interface ImportedImage {
  readonly id: ImageId;
  /** Relative name without extension, as lists name it. */
  readonly name: string;
  readonly photoPath: string;
  readonly photo: FileFacts;
  readonly width: number; // px, after EXIF orientation
  readonly height: number; // px, after EXIF orientation
  /** Null for a photo that no list names; it takes no part in runs. */
  readonly split: string | null;
  /** Class indices, ascending; null when nothing is known. */
  readonly tags: readonly number[] | null;
  /** `classes` are those that occur in the mask, ascending. */
  readonly mask: { readonly path: string; readonly file: FileFacts; readonly classes: readonly number[] } | null;
  readonly problem: string | null;
}

/** A folder as read, ready to be stored in one transaction. */
export interface ImportedDataset {
  readonly root: string; // absolute
  readonly classes: readonly ClassInfo[];
  readonly images: readonly ImportedImage[];
  readonly supervision: readonly SupervisionRule[];
  readonly problems: readonly DataProblem[];
  /** Masks that were looked at for more than checking them; logged with the import. */
  readonly truthUse: { readonly by: string; readonly purpose: string; readonly images: number } | null;
}
