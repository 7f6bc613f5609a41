import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ImageSummary, ImportReport } from '#shared/contract/dataset.ts';
import type { ProjectInfo } from '#shared/contract/project.ts';
import type { ImportedDataset } from '#shared/domain/imported.ts';
import type { EditRecord, TruthRecord } from '#shared/domain/snapshot.ts';
import type { SourceKind, SupervisionRule } from '#shared/domain/supervision.ts';
import { PenumbraError, toErrorValue } from '#shared/errors.ts';
import { resolveInside } from '../images/path-resolver.ts';
import type { ProjectDatabase } from './connection.ts';
import { copyDaily } from './daily-copy.ts';
import { isFolder, locateRoot, storeRoot } from './dataset-root.ts';
import { currentFacts } from './file-facts.ts';
import { schemaVersion } from './migrate.ts';
import { planRepoint, type RepointResult } from './repoint.ts';
import { ArtifactRepository } from './repositories/artifacts.ts';
import { ClassRepository } from './repositories/classes.ts';
import { EditRepository } from './repositories/edits.ts';
import { FacetRepository } from './repositories/facets.ts';
import { ImageRepository } from './repositories/images.ts';
import { ProblemRepository } from './repositories/problems.ts';
import { RunRepository } from './repositories/runs.ts';
import { SupervisionRepository } from './repositories/supervision.ts';
import { TagRepository } from './repositories/tags.ts';
import { VaultRepository } from './repositories/vault.ts';
import { readOnlyError } from './sqlite-errors.ts';
import { takeSnapshot, type Snapshot } from './snapshot.ts';

export type Clock = () => Date;

/** An open project: what is stored, and what the supervision declaration lets out of it. Made by `openProject`. */
export class Project {
  /** Absolute path of the project folder. */
  readonly dir: string;
  readonly readOnly: boolean;
  readonly id: string;
  readonly name: string;
  readonly images: ImageRepository;
  readonly facets: FacetRepository;
  readonly classes: ClassRepository;
  readonly tags: TagRepository;
  readonly supervision: SupervisionRepository;
  readonly vault: VaultRepository;
  readonly problems: ProblemRepository;
  readonly edits: EditRepository;
  readonly runs: RunRepository;
  readonly artifacts: ArtifactRepository;
  readonly #db: ProjectDatabase;
  readonly #createdAt: string;
  readonly #now: Clock;
  readonly #onClose: () => void;
  #dailyCopy: NodeJS.Timeout | undefined;

  constructor(db: ProjectDatabase, options: { now: Clock; onClose: () => void }) {
    this.#db = db;
    this.#now = options.now;
    this.#onClose = options.onClose;
    this.dir = db.dir;
    this.readOnly = db.readOnly;
    const row = db.first(db.query.selectFrom('project').select(['id', 'name', 'created_at']));
    if (row === undefined) {
      throw new PenumbraError('PROJECT_DAMAGED', `The database of the project ${db.dir} holds no project.`, {
        remedy: 'Put a copy from the folder backups/ in place of project.db, or make a new project.',
        details: { project: db.dir },
      });
    }
    this.id = row.id;
    this.name = row.name;
    this.#createdAt = row.created_at;
    this.images = new ImageRepository(db);
    this.facets = new FacetRepository(db);
    this.classes = new ClassRepository(db);
    this.tags = new TagRepository(db);
    this.supervision = new SupervisionRepository(db);
    this.vault = new VaultRepository(db);
    this.problems = new ProblemRepository(db);
    this.edits = new EditRepository(db);
    this.runs = new RunRepository(db);
    this.artifacts = new ArtifactRepository(db);
  }

  info(): ProjectInfo {
    const root = this.datasetRoot();
    return {
      id: this.id,
      name: this.name,
      createdAt: this.#createdAt,
      schemaVersion: schemaVersion(this.#db.sqlite),
      readOnly: this.readOnly,
      datasetRoot: root?.path ?? null,
      datasetRootFound: root?.found ?? false,
      classes: this.classes.all(),
      splits: this.images.splits(),
      supervision: this.supervision.rules(),
      counts: {
        images: this.images.count(),
        problems: this.problems.serious(),
        withTruth: this.images.withTruth(),
        ...this.edits.counts(),
      },
    };
  }

  /** Where the photos are, or null before an import. */
  datasetRoot(): { readonly path: string; readonly found: boolean } | null {
    const row = this.#db.first(this.#db.query.selectFrom('project').select(['dataset_root', 'root_is_relative']));
    if (row?.dataset_root === undefined || row.dataset_root === null) return null;
    return locateRoot(this.dir, { path: row.dataset_root, relative: row.root_is_relative === 1 });
  }

  /** Stores a folder as read, in one transaction. PROJECT_EXISTS when the project holds images already. */
  storeImport(dataset: ImportedDataset): ImportReport {
    this.checkEmpty();
    const root = storeRoot(this.dir, dataset.root);
    this.#db.write(() => {
      this.#db.run(this.#db.query.updateTable('project').set({ dataset_root: root.path, root_is_relative: root.relative ? 1 : 0 }));
      this.classes.insertAll(dataset.classes);
      this.images.insertAll(dataset.images);
      for (const image of dataset.images) if (image.tags !== null) this.tags.insert(image.id, image.tags);
      this.supervision.replace(dataset.supervision, { splits: this.images.splits().map(({ name }) => name), classes: dataset.classes.length });
      this.problems.insertAll(dataset.problems);
      if (dataset.truthUse !== null) {
        const { by, purpose, images } = dataset.truthUse;
        this.vault.record({ at: this.#time(), by, runId: null, purpose, source: 'truth', images, imageId: null });
      }
    });
    return {
      imported: dataset.images.length,
      withTruth: dataset.images.filter((image) => image.mask !== null).length,
      skipped: dataset.problems.filter((problem) => problem.effect === 'skipped').length,
      classes: dataset.classes.length,
      problems: [...dataset.problems],
    };
  }

  /** Throws PROJECT_EXISTS when the project holds images, PROJECT_READ_ONLY when it cannot be written. */
  checkEmpty(): void {
    if (this.readOnly) throw readOnlyError(this.dir);
    const images = this.images.count();
    if (images === 0) return;
    throw new PenumbraError('PROJECT_EXISTS', `The project ${this.dir} holds ${images} images already; expected an empty project.`, {
      remedy: 'Make a new project for this folder.',
      details: { project: this.dir, images },
    });
  }

  setSupervision(rules: readonly SupervisionRule[]): SupervisionRule[] {
    this.supervision.replace(rules, { splits: this.images.splits().map(({ name }) => name), classes: this.classes.all().length });
    return this.supervision.rules();
  }

  setTags(imageId: string, classIndices: readonly number[]): void {
    this.tags.set(imageId, classIndices, this.classes.all().length);
  }

  /** Adds and removes classes on many images in one transaction. Returns their summaries in the order asked, each image once. */
  changeTags(imageIds: readonly string[], change: { readonly add: readonly number[]; readonly remove: readonly number[] }): ImageSummary[] {
    const ids = [...new Set(imageIds)];
    this.tags.change(ids, change, this.classes.all().length);
    return this.images.summaries(ids);
  }

  /** What the supervision declaration grants to a stage that reads these sources, with a fingerprint for each. DATASET_ROOT_MISSING. */
  async snapshot(reads: readonly SourceKind[]): Promise<Snapshot> {
    return takeSnapshot(
      {
        root: this.#foundRoot(),
        classes: this.classes.all(),
        images: this.images.all(),
        tags: this.tags.all(),
        rules: this.supervision.rules(),
        edits: () => this.edits.fingerprints(),
        rememberPhoto: (imageId, facts) => {
          if (!this.readOnly) this.images.updatePhoto(imageId, facts);
        },
        rememberMask: (imageId, facts, classes) => {
          if (!this.readOnly) this.images.updateMask(imageId, facts, classes);
        },
      },
      reads,
    );
  }

  /** Vault masks of all images that take part in runs; written to the vault log before they are returned. */
  async truth(by: string, runId: string | null, purpose: string): Promise<readonly TruthRecord[]> {
    const root = this.#foundRoot();
    const images = this.images.all().filter((image) => image.split !== null && image.mask !== null);
    this.vault.record({ at: this.#time(), by, runId, purpose, source: 'truth', images: images.length, imageId: null });
    const records: TruthRecord[] = [];
    for (const { id, mask } of images) {
      if (mask === null) continue;
      // A mask that has gone missing leaves its image without a score; the other images keep theirs.
      const maskPath = await resolveInside(root, mask.path).catch(ignoreMissing);
      if (maskPath !== null) records.push({ imageId: id, maskPath });
    }
    return records;
  }

  /** Absolute path of one vault mask; written to the vault log before it is returned. NOT_FOUND where there is none, FILE_MISSING. */
  async openTruth(imageId: string, by: string, purpose: string): Promise<string> {
    const { mask, name } = this.images.get(imageId);
    if (mask === null) {
      throw new PenumbraError('NOT_FOUND', `There is no ground-truth mask of ${name} in this project.`, { remedy: 'Choose an image that has one.', details: { imageId } });
    }
    const path = await resolveInside(this.#foundRoot(), mask.path);
    this.vault.record({ at: this.#time(), by, runId: null, purpose, source: 'truth', images: 1, imageId });
    return path;
  }

  /** Absolute path of a photo. NOT_FOUND, DATASET_ROOT_MISSING, FILE_MISSING, PATH_OUTSIDE_ROOT. */
  async photoPath(imageId: string): Promise<string> {
    const { photoPath } = this.images.get(imageId);
    return resolveInside(this.#foundRoot(), photoPath);
  }

  /** The photo's file as it is now, against what was imported; hashed only when size or time differ. NOT_FOUND. */
  async photoState(imageId: string): Promise<'ok' | 'missing' | 'changed'> {
    const { photoPath, photo } = this.images.get(imageId);
    const root = this.datasetRoot();
    if (root === null || !root.found) return 'missing';
    try {
      const now = await currentFacts(await resolveInside(root.path, photoPath), photo);
      return now.sha256 === photo.sha256 ? 'ok' : 'changed';
    } catch (thrown) {
      const { code } = toErrorValue(thrown);
      // What cannot be opened, or has become a link out of the folder, is not the photo that was imported.
      if (code === 'FILE_MISSING' || code === 'PATH_OUTSIDE_ROOT' || isFileError(thrown)) return 'missing';
      throw thrown;
    }
  }

  /** Corrections in force, by image. */
  editRecords(): Promise<readonly EditRecord[]> {
    return Promise.resolve(this.edits.records());
  }

  /** Label-maps artifacts that corrections rest on. */
  editBases(): readonly string[] {
    return this.edits.bases();
  }

  /** Says where the photos are now. Changes nothing unless every photo is found there with its old size. DATASET_ROOT_MISSING. */
  async repoint(root: string): Promise<RepointResult> {
    if (this.readOnly) throw readOnlyError(this.dir);
    const absolute = resolve(root);
    if (!isFolder(absolute)) throw rootMissing(absolute);
    const result = await planRepoint(absolute, this.images.all());
    if (result.missing.length > 0) return result;
    const stored = storeRoot(this.dir, absolute);
    this.#db.write(() => this.#db.run(this.#db.query.updateTable('project').set({ dataset_root: stored.path, root_is_relative: stored.relative ? 1 : 0 })));
    return result;
  }

  /** Copies the database into backups/, consistent while others write. Returns the path of the copy. */
  async backup(reason: string): Promise<string> {
    mkdirSync(join(this.dir, 'backups'), { recursive: true });
    const file = join(this.dir, 'backups', `project-${reason}-${this.#time().replaceAll(':', '')}.db`);
    await this.#db.sqlite.backup(file);
    return file;
  }

  /** Sees to it, after a while, that there is a copy of the database not older than a day. */
  scheduleDailyCopy(delayMs: number): void {
    if (this.readOnly) return;
    this.#dailyCopy = setTimeout(() => {
      // A copy that fails (disk full, project closed meanwhile) is tried again at the next opening; the project itself is untouched.
      void copyDaily(this.#db.sqlite, this.dir, this.#now()).catch(() => undefined);
    }, delayMs);
    this.#dailyCopy.unref();
  }

  close(): void {
    clearTimeout(this.#dailyCopy);
    this.#db.close();
    this.#onClose();
  }

  #foundRoot(): string {
    const root = this.datasetRoot();
    if (root === null) {
      throw new PenumbraError('DATASET_ROOT_MISSING', `The project ${this.dir} holds no photos yet.`, { remedy: 'Import a folder of photos first.', details: { project: this.dir } });
    }
    if (!root.found) throw rootMissing(root.path);
    return root.path;
  }

  #time(): string {
    return this.#now().toISOString();
  }
}

function isFileError(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown;
}

function ignoreMissing(thrown: unknown): null {
  if (toErrorValue(thrown).code === 'FILE_MISSING') return null;
  throw thrown;
}

function rootMissing(path: string): PenumbraError {
  return new PenumbraError('DATASET_ROOT_MISSING', `The folder of photos ${path} does not exist or cannot be opened.`, {
    remedy: 'Connect the disk it is on, or tell the project where the photos are now.',
    details: { root: path },
  });
}
