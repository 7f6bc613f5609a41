import { isImageFault, leaveOut } from '../left-out.ts';
import type { ImageRecord, StageContext } from '../stage.ts';

/** Photos that training leaves out: each is logged once, however often it comes up. */
export class Refusals {
  readonly #context: StageContext;
  readonly #names = new Set<string>();

  constructor(context: StageContext) {
    this.#context = context;
  }

  get count(): number {
    return this.#names.size;
  }

  /** Notes the photo, or throws the error on when it is not about one image. */
  readonly note = (record: ImageRecord, error: unknown): void => {
    if (!isImageFault(error)) throw error;
    if (this.#names.has(record.name)) return;
    this.#names.add(record.name);
    leaveOut(this.#context, record, error);
  };
}
