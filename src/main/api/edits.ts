import type { EditState } from '#shared/contract/edits.ts';
import type { EditService } from '../project/edits/edit-service.ts';
import type { Publish } from './event-hub.ts';
import type { CallHandlers } from './handlers.ts';
import type { ImageHolds } from './image-holds.ts';

type Names = 'edits.state' | 'edits.commit' | 'edits.undo' | 'edits.redo' | 'edits.rebase' | 'edits.log' | 'review.set' | 'edits.hold' | 'edits.release';

export function editCalls({ edits, holds, publish }: { edits: EditService; holds: ImageHolds; publish: Publish }): Pick<CallHandlers, Names> {
  const announce = (state: EditState): EditState => {
    publish('edits.changed', state);
    return state;
  };
  return {
    'edits.state': ({ imageId }) => edits.state(imageId),
    'edits.commit': async ({ diff, ...gesture }) => announce(await edits.commit({ ...gesture, diff: Buffer.from(diff, 'base64') })),
    'edits.undo': async (step) => announce(await edits.undo(step)),
    'edits.redo': async (step) => announce(await edits.redo(step)),
    'edits.rebase': async (request) => {
      const images = await edits.rebase(request);
      for (const { imageId } of images) announce(edits.state(imageId));
      return { images };
    },
    'edits.log': ({ imageId, offset, limit }) => edits.log(imageId, offset, limit),
    'edits.hold': ({ imageId, holder }) => {
      edits.state(imageId); // NOT_FOUND for an image that is not there
      return holds.take(imageId, holder);
    },
    'edits.release': ({ imageId, holder }) => ({ released: holds.release(imageId, holder) }),
    'review.set': async ({ imageId, review }) => announce(await edits.setReview(imageId, review)),
  };
}
