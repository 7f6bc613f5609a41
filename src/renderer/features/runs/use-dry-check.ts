import { runs as contract } from '#shared/contract/index.ts';
import type { CallInput, CallOutput } from '#shared/contract/define.ts';
import { call } from '../../api/client.ts';
import { useSettledAnswer } from '../../composables/use-settled-answer.ts';

export type CheckResult = CallOutput<typeof contract.checkRun>;

/** What speaks against a run as it is put together now. */
export const useDryCheck = (request: () => CallInput<typeof contract.checkRun> | null) => useSettledAnswer(request, (asked) => call(contract.checkRun, asked));
