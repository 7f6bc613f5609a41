/** Opens a project, tries to lock and to write, and prints one JSON object with what came of it. Argument: project folder. */
import { takeProjectLock } from '#main/project/lock.ts';
import { openProject } from '#main/project/open.ts';
import { toErrorValue } from '#shared/errors.ts';

const [dir = ''] = process.argv.slice(2);

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (thrown) {
    return toErrorValue(thrown).code;
  }
}

try {
  const lock = codeOf(() => {
    takeProjectLock(dir).release();
  });
  const project = await openProject(dir);
  console.log(JSON.stringify({ ...project.info(), lock, refused: codeOf(() => project.setSupervision([])) }));
  project.close();
} catch (thrown) {
  console.log(JSON.stringify(toErrorValue(thrown)));
}
