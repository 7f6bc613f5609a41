import type { ReviewState } from '#shared/contract/edits.ts';
import type { TileDiff } from '#shared/mask/tile-diff.ts';

/** The same photo has the same id in every project. */
export interface OfImage {
  readonly projectId: string | null;
  readonly imageId: string;
}

/** A gesture to be saved. `clientGestureId` makes sending it twice harmless. */
export interface CommitOperation extends OfImage {
  readonly kind: 'commit';
  readonly base: string;
  readonly tool: string;
  readonly diffs: readonly TileDiff[];
  readonly size: { readonly width: number; readonly height: number };
  readonly clientGestureId: string;
}

/** What the user did to an image's corrections, in the order it was done. */
export type EditOperation =
  | CommitOperation
  | (OfImage & { readonly kind: 'undo' })
  | (OfImage & { readonly kind: 'redo' })
  | (OfImage & { readonly kind: 'review'; readonly review: ReviewState });

/** The gestures that operations amount to: undone ones left out. Undoing what was saved before them is not kept. */
export function netGestures(operations: readonly EditOperation[]): CommitOperation[] {
  const kept: CommitOperation[] = [];
  const undone: CommitOperation[] = [];
  for (const operation of operations) {
    if (operation.kind === 'commit') {
      kept.push(operation);
      undone.length = 0;
    } else if (operation.kind === 'undo') {
      const last = kept.pop();
      if (last !== undefined) undone.push(last);
    } else if (operation.kind === 'redo') {
      const last = undone.pop();
      if (last !== undefined) kept.push(last);
    }
  }
  return kept;
}
