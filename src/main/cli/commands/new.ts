import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { dataset, system } from '#shared/contract/index.ts';
import type { ImportReport, TagSource } from '#shared/contract/dataset.ts';
import type { CallOutput } from '#shared/contract/define.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { Client } from '../../client/client.ts';
import { withConnection } from '../connect.ts';
import { discardProject } from '../discard-project.ts';
import { jsonOption, parseTagSource, type CommonOptions } from '../options.ts';
import { Output } from '../output.ts';
import { duration } from '../text.ts';

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
      const { createProject } = await import('../../project/open.ts');
      const before = await readdir(dir).catch(() => []);
      (await createProject(dir, { name: options.name ?? path.basename(dir) })).close();
      try {
        const report = await withConnection(dir, ({ client }) => importInto(client, root, asked, output));
        output.result({ project: dir, ...report }, () => reportText(dir, report));
      } catch (thrown) {
        // All or nothing: a project without its data is of no use to anyone.
        await discardProject(dir, before);
        throw thrown;
      }
    });
}

async function importInto(client: Client, root: string, asked: TagSource | undefined, output: Output): Promise<ImportReport> {
  const tags = asked ?? chooseTags(await client.call(dataset.inspectDataset, { root }));
  const { lastEvent } = await client.call(system.hello, {});
  const stop = new AbortController();
  const onSignal = (): void => {
    output.remark('cancelling the import');
    void client.call(dataset.cancelImport, {});
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const watching = showProgress(client, lastEvent, stop.signal, output);
  try {
    return await client.call(dataset.importDataset, { root, tags });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    stop.abort();
    await watching;
    output.redraw('');
  }
}

async function showProgress(client: Client, after: number, signal: AbortSignal, output: Output): Promise<void> {
  for await (const event of client.events({ after, signal })) {
    if (event.name !== 'dataset.importProgress') continue;
    output.event(event);
    const { done, total, etaSeconds, file } = event.payload;
    const eta = etaSeconds === null ? '' : `  ETA ${duration(etaSeconds)}`;
    output.redraw(`importing ${done}/${total}${eta}  ${file}`.slice(0, output.columns - 1));
  }
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
