import { createHash } from 'node:crypto';
import { ReviewState } from '#shared/contract/edits.ts';
import type { EditRecord } from '#shared/domain/snapshot.ts';
import type { ProjectDatabase } from '../connection.ts';
import type { GestureTable } from '../schema.ts';

/** Where the corrections of one image stand. */
export interface ImageWork {
  readonly base: string | null;
  readonly revision: number;
  readonly conflictPixels: number;
  readonly review: ReviewState;
}

export interface StoredGesture {
  readonly sequence: number;
  readonly base: string;
  readonly diff: Uint8Array;
}

export type GestureState = GestureTable['state'];

const UNTOUCHED: ImageWork = { base: null, revision: 0, conflictPixels: 0, review: 'unreviewed' };

/** Gestures and where the corrections of each image stand. The rules live in EditService; this stores and finds. */
export class EditRepository {
  readonly #db: ProjectDatabase;

  constructor(db: ProjectDatabase) {
    this.#db = db;
  }

  /** One transaction around several of the calls below. */
  write<T>(change: () => T): T {
    return this.#db.write(change);
  }

  work(imageId: string): ImageWork {
    const row = this.#db.first(this.#db.query.selectFrom('image_work').selectAll().where('image_id', '=', imageId));
    if (row === undefined) return UNTOUCHED;
    return { base: row.base, revision: row.revision, conflictPixels: row.conflict_pixels, review: ReviewState.parse(row.review) };
  }

  setWork(imageId: string, work: ImageWork): void {
    const values = { base: work.base, revision: work.revision, conflict_pixels: work.conflictPixels, review: work.review };
    this.#db.write(() =>
      this.#db.run(
        this.#db.query
          .insertInto('image_work')
          .values({ image_id: imageId, ...values })
          .onConflict((conflict) => conflict.column('image_id').doUpdateSet(values)),
      ),
    );
  }

  countByState(imageId: string): Record<GestureState, number> {
    const counts: Record<GestureState, number> = { applied: 0, undone: 0, discarded: 0 };
    const rows = this.#db.all(
      this.#db.query
        .selectFrom('gestures')
        .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
        .where('image_id', '=', imageId)
        .groupBy('state'),
    );
    for (const row of rows) counts[row.state] = row.count;
    return counts;
  }

  hasClientId(imageId: string, clientGestureId: string): boolean {
    const row = this.#db.first(this.#db.query.selectFrom('gestures').select('sequence').where('image_id', '=', imageId).where('client_gesture_id', '=', clientGestureId));
    return row !== undefined;
  }

  /** Appends a gesture in force; gestures undone before it can no longer be redone but stay in the log. Returns its sequence. */
  append(imageId: string, gesture: Omit<GestureTable, 'image_id' | 'sequence' | 'state'>): number {
    return this.#db.write(() => {
      this.#db.run(this.#db.query.updateTable('gestures').set({ state: 'discarded' }).where('image_id', '=', imageId).where('state', '=', 'undone'));
      const last = this.#db.first(
        this.#db.query
          .selectFrom('gestures')
          .select((eb) => eb.fn.max('sequence').as('sequence'))
          .where('image_id', '=', imageId),
      );
      const sequence = (last?.sequence ?? 0) + 1;
      this.#db.run(this.#db.query.insertInto('gestures').values({ ...gesture, image_id: imageId, sequence, state: 'applied', diff: Buffer.from(gesture.diff) }));
      return sequence;
    });
  }

  /** The newest gesture in force, or null. */
  newestApplied(imageId: string): number | null {
    const row = this.#db.first(
      this.#db.query
        .selectFrom('gestures')
        .select((eb) => eb.fn.max('sequence').as('sequence'))
        .where('image_id', '=', imageId)
        .where('state', '=', 'applied'),
    );
    return row?.sequence ?? null;
  }

  /** The gesture undone last, or null. */
  lastUndone(imageId: string): number | null {
    const row = this.#db.first(
      this.#db.query
        .selectFrom('gestures')
        .select((eb) => eb.fn.min('sequence').as('sequence'))
        .where('image_id', '=', imageId)
        .where('state', '=', 'undone'),
    );
    return row?.sequence ?? null;
  }

  setState(imageId: string, sequence: number, state: GestureState): void {
    this.#db.write(() => this.#db.run(this.#db.query.updateTable('gestures').set({ state }).where('image_id', '=', imageId).where('sequence', '=', sequence)));
  }

  get(imageId: string, sequence: number): StoredGesture | null {
    return this.#db.first(this.#db.query.selectFrom('gestures').select(['sequence', 'base', 'diff']).where('image_id', '=', imageId).where('sequence', '=', sequence)) ?? null;
  }

  /** Gestures in force, oldest first. */
  applied(imageId: string): StoredGesture[] {
    return this.#db.all(
      this.#db.query.selectFrom('gestures').select(['sequence', 'base', 'diff']).where('image_id', '=', imageId).where('state', '=', 'applied').orderBy('sequence'),
    );
  }

  /** Every gesture ever made on an image, newest first. */
  log(imageId: string, offset: number, limit: number): { total: number; gestures: Omit<GestureTable, 'image_id' | 'diff' | 'client_gesture_id'>[] } {
    const rows = this.#db.query.selectFrom('gestures').where('image_id', '=', imageId);
    const total = this.#db.first(rows.select((eb) => eb.fn.countAll<number>().as('count')));
    const gestures = this.#db.all(
      rows.select(['sequence', 'base', 'tool', 'at', 'state', 'tiles', 'changed_pixels']).orderBy('sequence', 'desc').limit(limit).offset(offset),
    );
    return { total: total?.count ?? 0, gestures };
  }

  /** Images with gestures in force, ordered by id. */
  editedImages(): string[] {
    return this.#db
      .all(this.#db.query.selectFrom('gestures').select('image_id').distinct().where('state', '=', 'applied').orderBy('image_id'))
      .map((row) => row.image_id);
  }

  records(): EditRecord[] {
    return this.editedImages().map((imageId) => ({ imageId, gestures: this.applied(imageId).map(({ diff }) => new Uint8Array(diff)) }));
  }

  /** Image id and a hash of its gestures in force, ordered by image id. */
  fingerprints(): [string, string][] {
    return this.editedImages().map((imageId) => {
      const hash = createHash('sha256');
      for (const { diff } of this.applied(imageId)) hash.update(`${diff.length} `).update(diff);
      return [imageId, hash.digest('hex')];
    });
  }

  /** Artifacts that gestures in force were made on or now lie on. */
  bases(): string[] {
    const made = this.#db.query.selectFrom('gestures').select('base').where('state', '=', 'applied');
    const lying = this.#db.query.selectFrom('image_work').select('base').where('base', 'is not', null);
    return this.#db.all(made.union(lying.$narrowType<{ base: string }>())).map((row) => row.base);
  }

  counts(): { reviewed: number; edited: number } {
    const reviewed = this.#db.first(
      this.#db.query
        .selectFrom('image_work')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('review', '!=', 'unreviewed'),
    );
    const edited = this.#db.first(
      this.#db.query
        .selectFrom('gestures')
        .select((eb) => eb.fn.count<number>('image_id').distinct().as('count'))
        .where('state', '=', 'applied'),
    );
    return { reviewed: reviewed?.count ?? 0, edited: edited?.count ?? 0 };
  }
}
