/**
 * Paints the strokes of `nthStroke` on one image, one after the other, and prints the number of gestures after each that was
 * acknowledged. For tests that kill it. Argument: project folder. Ends after 500 strokes.
 */
import { writeSync } from 'node:fs';
import { EditService } from '#main/project/edits/edit-service.ts';
import { openProject } from '#main/project/open.ts';
import { takeProjectLock } from '#main/project/lock.ts';
import { toErrorValue } from '#shared/errors.ts';
import { BASES, EDIT_SIZES, nthStroke, readBase } from './edit-project.ts';

const [dir = ''] = process.argv.slice(2);
const [{ id: imageId }] = EDIT_SIZES;
const [base] = BASES;

const lock = takeProjectLock(dir);
const project = await openProject(dir);
const edits = new EditService(project, readBase);
writeSync(1, 'ready\n');
try {
  for (let painted = 0; painted < 500; painted++) {
    const { revision, gestures } = edits.state(imageId);
    const { diff } = nthStroke(await edits.correctedMap(imageId, base), gestures);
    const state = await edits.commit({ imageId, base, expectedRevision: revision, tool: 'brush', diff, clientGestureId: `stroke-${gestures}` });
    // Synchronous: what was printed was acknowledged, whatever kills this process next.
    writeSync(1, `${state.gestures}\n`);
  }
} catch (thrown) {
  writeSync(1, `${JSON.stringify(toErrorValue(thrown))}\n`);
}
project.close();
lock.release();
