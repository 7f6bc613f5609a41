import { toErrorValue, type ErrorValue } from '../errors.ts';

export interface Request {
  readonly id: number;
  readonly task: unknown;
}

export type Answer =
  | { readonly id: number; readonly kind: 'progress'; readonly share: number }
  | { readonly id: number; readonly kind: 'done'; readonly result: unknown }
  | { readonly id: number; readonly kind: 'failed'; readonly error: ErrorValue };

/** Does a task. Progress may be told as often as is convenient. */
export type TaskHandler<Result> = (task: unknown, onProgress: (share: number) => void) => Result | Promise<Result>;

/** Steps of progress that are worth a message. */
const PROGRESS_STEP = 0.01;

/**
 * What a pool's thread does with a message: answers the task in it with what `handle` returns or throws. `moved` names the buffers of a result to
 * hand over uncopied.
 */
export async function answerRequest<Result>(
  { id, task }: Request,
  handle: TaskHandler<Result>,
  moved: (result: Result) => ArrayBuffer[],
  post: (answer: Answer, moved: ArrayBuffer[]) => void,
): Promise<void> {
  let told = 0;
  const onProgress = (share: number): void => {
    if (share < Math.min(1, told + PROGRESS_STEP)) return;
    told = share;
    post({ id, kind: 'progress', share }, []);
  };
  try {
    const result = await handle(task, onProgress);
    post({ id, kind: 'done', result }, moved(result));
  } catch (thrown) {
    post({ id, kind: 'failed', error: toErrorValue(thrown) }, []);
  }
}
