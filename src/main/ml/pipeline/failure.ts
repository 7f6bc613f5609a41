import { PenumbraError } from '#shared/errors.ts';

/** An error of a stage as the run reports it: the step is named, and what engines and file systems throw is recognised. */
export function stageError(thrown: unknown, step: string, title: string): PenumbraError {
  if (thrown instanceof PenumbraError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const details = { step };
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new PenumbraError('DISK_FULL', `${title} (${step}): disk full: ${message}`, {
      remedy: 'Free space on that disk, then resume the run. What was finished is kept.',
      details,
      cause: thrown,
    });
  }
  if (/OOM when allocating|RESOURCE_EXHAUSTED|out of memory|Array buffer allocation failed|Invalid typed array length/i.test(message)) {
    return new PenumbraError('OUT_OF_MEMORY', `${title} (${step}): out of memory: ${firstLine(message)}`, {
      remedy: 'Use a smaller batch size, crop or long side for this step, or close other programs, then resume.',
      details,
      cause: thrown,
    });
  }
  return new PenumbraError('INTERNAL', `${title} (${step}) failed: ${firstLine(message)}`, {
    remedy: "This is a defect in Penumbra. The run's log holds the details; resuming tries the step again.",
    details,
    cause: thrown,
  });
}

/** The first line that says something; TensorFlow puts a bare status code before its message. */
function firstLine(text: string): string {
  const lines = text.split('\n');
  const said = lines.find((line) => line.trim() !== '' && !/^Invalid TF_Status/.test(line)) ?? lines[0] ?? text;
  return said.replace(/^Message: /, '');
}
