import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { dataset, project, runs } from '#shared/contract/index.ts';
import type { ImportReport, TagSource } from '#shared/contract/dataset.ts';
import type { CallOutput } from '#shared/contract/define.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { Client } from '../../client/client.ts';
import { withConnection } from '../connect.ts';
import { discardProject } from '../discard-project.ts';
import { EXIT_CANCELLED } from '../exit-codes.ts';
import { onSignal } from '../on-signal.ts';
import { jsonOption, parseTagSource, type CommonOptions } from '../options.ts';
import { Output } from '../output.ts';
import { TaskProgress } from '../task-progress.ts';
import { watchWhile } from '../watch-while.ts';

interface NewOptions extends CommonOptions {
  readonly voc: string;
  readonly tags?: string;
  readonly name?: string;
}

export function newCommand(): Command {
  return new Command('new')
    .summary('make a project from a folder of photos')
    .description(
      'Makes a project in DIR and imports a dataset in VOC layout: JPEGImages, ImageSets/Segmentation, SegmentationClass where there are masks. ' +
        'Photos stay where they are. Tags are what algorithms learn from; masks go to the ground-truth vault and are used for scores only.',
    )
    .argument('<dir>', 'project folder to make')
    .requiredOption('--voc <root>', 'dataset folder in VOC layout')
    .option('--tags <source>', 'csv:FILE (filename + one 0/1 column a class), xml (VOC Annotations) or masks (only when asked by name)')
    .option('--name <name>', 'project name (default: the folder name)')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Without --tags, the one tag list found in the dataset is taken: a single CSV file, or VOC XML. Masks are never read for tags unasked.

Examples:
  $ penumbra new birds --voc ~/data/birds --tags csv:tags.csv
  $ penumbra new voc --voc ~/data/VOC2012 --tags xml --name "VOC 2012"
  $ penumbra new trial --voc ~/data/VOC2012 --tags masks`,
    )
    .action(async (dirArgument: string, options: NewOptions) => {
      const output = new Output({ json: options.json === true });
      const dir = path.resolve(dirArgument);
      const root = path.resolve(options.voc);
      const asked = options.tags === undefined ? undefined : parseTagSource(options.tags);
      const stop = new AbortController();
      let discard = (): Promise<void> => Promise.resolve();
      const letGo = onSignal(() => {
        if (stop.signal.aborted) return void discard().finally(() => process.exit(EXIT_CANCELLED));
        output.redraw('');
        output.remark('cancelling; press Ctrl-C again to end at once');
        stop.abort();
      });
      try {
        const wasThere = existsSync(path.join(dir, 'project.db'));
        if (!wasThere) {
          const { createProject } = await import('../../project/open.ts');
          const before = await readdir(dir).catch(() => []);
          (await createProject(dir, { name: options.name ?? path.basename(dir) })).close();
          discard = () => discardProject(dir, before);
        }
        const report = await withConnection(dir, async ({ client }) => {
          if (wasThere) await requireEmpty(client, dir);
          return importInto(client, root, asked, { output, signal: stop.signal });
        });
        output.result({ project: dir, ...report }, () => reportText(dir, report));
      } catch (thrown) {
        // All or nothing: a project without its data is of no use to anyone.
        await discard();
        throw thrown;
      } finally {
        letGo();
      }
    });
}

/** An empty project is what an import that was killed leaves; it can be filled. Throws PROJECT_EXISTS for any other. */
async function requireEmpty(client: Client, dir: string): Promise<void> {
  const { counts } = await client.call(project.getProject, {});
  const { total } = await client.call(runs.listRuns, { limit: 1 });
  // Gestures belong to images: without these there are none.
  if (counts.images === 0 && total === 0) return;
  throw new PenumbraError('PROJECT_EXISTS', `There is a project in ${dir} already, with ${counts.images} images and ${total} runs.`, {
    remedy: 'Open it, or name another folder.',
    details: { project: dir, images: counts.images, runs: total },
  });
}

async function importInto(client: Client, root: string, asked: TagSource | undefined, { output, signal }: { output: Output; signal: AbortSignal }): Promise<ImportReport> {
  const tags = asked ?? chooseTags(await untilAborted(client.call(dataset.inspectDataset, { root }), signal));
  if (signal.aborted) throw cancelled();
  const progress = new TaskProgress(output, 'importing', 'photos');
  const cancelImport = (): void => void client.call(dataset.cancelImport, {}).catch(() => undefined);
  try {
    return await watchWhile(
      client,
      (event) => {
        if (event.name !== 'dataset.importProgress') return;
        output.event(event);
        progress.show(event.payload.done, event.payload.total, event.payload.etaSeconds);
        // Asked for before the core had begun, a cancel does nothing.
        if (signal.aborted) cancelImport();
      },
      async () => {
        if (signal.aborted) throw cancelled();
        signal.addEventListener('abort', cancelImport);
        return client.call(dataset.importDataset, { root, tags });
      },
    );
  } finally {
    signal.removeEventListener('abort', cancelImport);
    progress.finish();
  }
}

/** Looking at a folder can't be stopped, but need not be waited for. */
function untilAborted<T>(looking: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([looking, new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(cancelled())))]);
}

function cancelled(): PenumbraError {
  return new PenumbraError('RUN_CANCELLED', 'the import was cancelled; nothing was made', { remedy: 'Start it again when wanted.' });
}

/** The one source of tags that needs no choice. */
function chooseTags(found: CallOutput<typeof dataset.inspectDataset>): TagSource {
  const [csvFile, ...otherCsvFiles] = found.csvFiles;
  const hasXml = found.tagSources.includes('xml');
  if (csvFile !== undefined && otherCsvFiles.length === 0 && !hasXml) return { kind: 'csv', file: csvFile };
  if (csvFile === undefined && hasXml) return { kind: 'xml' };
  const choices = [
    ...found.csvFiles.map((file) => `--tags csv:${file}`),
    ...(hasXml ? ['--tags xml'] : []),
    ...(found.tagSources.includes('masks') ? ['--tags masks'] : []),
  ];
  throw new PenumbraError('TAGS_MALFORMED', choices.length === 0 ? 'no tags were found: no CSV, no XML, no masks' : 'there is more than one way to read tags here, or only masks', {
    remedy: choices.length === 0 ? 'Add a CSV with a filename column and one 0/1 column a class, then use --tags csv:FILE.' : `Choose one: ${choices.join(', ')}`,
  });
}

function reportText(dir: string, report: ImportReport): string {
  const lines = [
    `${dir}: ${report.imported} photos, ${report.classes} classes, ${report.withTruth} with ground truth in the vault`,
    ...(report.skipped === 0 ? [] : [`${report.skipped} skipped`]),
    ...report.problems.map((problem) => `  ${problem.file}: ${problem.message} (${problem.effect}). ${problem.remedy}`),
    `next: penumbra run weak-baseline --project ${dir}`,
  ];
  return lines.join('\n');
}
