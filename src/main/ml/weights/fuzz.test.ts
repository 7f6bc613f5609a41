import { expect, it } from 'vitest';
import { fuzzOnce } from '../../../../tests/support/weights-fuzz/fuzz.ts';
import { SUBJECTS } from '../../../../tests/support/weights-fuzz/subjects.ts';

/** A slice of `npm run fuzz`, the same inputs each time. */
const INPUTS = 2800;

it(`reads or refuses ${INPUTS} broken files, every reader among them`, { timeout: 120_000 }, () => {
  const read = new Map(SUBJECTS.map(({ name }) => [name, { read: 0, refused: 0 }]));
  for (let index = 0; index < INPUTS; index += 1) {
    const outcome = fuzzOnce(1, index);
    const counts = read.get(outcome.subject);
    if (counts !== undefined) counts[outcome.read ? 'read' : 'refused'] += 1;
  }
  // Inputs that are all refused at their first byte would test nothing.
  for (const [subject, counts] of read) {
    expect(counts.read, subject).toBeGreaterThan(0);
    expect(counts.refused, subject).toBeGreaterThan(0);
  }
});
