/**
 * Fault-injection points for tests: PENUMBRA_FAULTS="name=kill@3,other=ENOSPC" makes the third pass of point
 * `name` kill the process with SIGKILL, and each pass of `other` throw as the file system would; OOM throws as TensorFlow does where memory runs out.
 * Without the variable a point costs one property read.
 */
type FaultAction = 'kill' | 'hang' | 'ENOSPC' | 'EROFS' | 'EIO' | 'EPERM' | 'OOM';
interface Fault {
  readonly action: FaultAction;
  /** 1-based pass at which it strikes; 0 = every pass. */
  readonly pass: number;
  seen: number;
}

const ACTIONS: readonly FaultAction[] = ['kill', 'hang', 'ENOSPC', 'EROFS', 'EIO', 'EPERM', 'OOM'];

function parse(text: string | undefined): Map<string, Fault> {
  const faults = new Map<string, Fault>();
  for (const part of (text ?? '').split(',').filter((item) => item !== '')) {
    const match = /^([\w.-]+)=(\w+)(?:@(\d+))?$/.exec(part);
    const action = ACTIONS.find((item) => item === match?.[2]);
    if (match?.[1] === undefined || action === undefined) throw new Error(`PENUMBRA_FAULTS: cannot read "${part}"; expected name=action[@pass], action one of ${ACTIONS.join(', ')}`);
    faults.set(match[1], { action, pass: Number(match[3] ?? '0'), seen: 0 });
  }
  return faults;
}

const faults = parse(process.env['PENUMBRA_FAULTS']);

/** A place where a test may strike. */
export function faultPoint(name: string): void {
  if (faults.size === 0) return;
  const fault = faults.get(name);
  if (fault === undefined) return;
  fault.seen += 1;
  if (fault.pass !== 0 && fault.seen !== fault.pass) return;
  switch (fault.action) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'hang':
      // Blocks this thread for good, as a wedged native call would.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return;
    case 'OOM':
      throw new Error(`Invalid TF_Status: 8\nMessage: OOM when allocating tensor: injected at ${name}`);
    default:
      throw Object.assign(new Error(`${fault.action}: injected at ${name}`), { code: fault.action });
  }
}
