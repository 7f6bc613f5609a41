/** Waits for a moment on the clock, takes a project's lock, prints what came of it, and holds it until killed. Arguments: folder, moment in ms. */
import { takeProjectLock } from '#main/project/lock.ts';
import { toErrorValue } from '#shared/errors.ts';

const [dir = '', moment = '0'] = process.argv.slice(2);
const waitMs = Number(moment) - Date.now();
if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
try {
  const { owner } = takeProjectLock(dir, { socket: `/run/${process.pid}.sock` });
  console.log(JSON.stringify({ won: owner.pid }));
  setInterval(() => undefined, 1000);
} catch (thrown) {
  const { code, details } = toErrorValue(thrown);
  console.log(JSON.stringify({ code, ...details }));
}
