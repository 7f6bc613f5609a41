import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Argument, Command } from 'commander';
import type * as z from 'zod';
import { exports as exportsContract } from '#shared/contract/index.ts';
import { ExportRequest } from '#shared/contract/exports.ts';
import { withConnection } from '../connect.ts';
import { onSignal } from '../on-signal.ts';
import { jsonOption, parseRunId, projectOption, type ProjectOptions } from '../options.ts';
import { Output } from '../output.ts';
import { findProjectDir } from '../project-dir.ts';
import { TaskProgress } from '../task-progress.ts';
import { byteSize } from '../text.ts';
import { watchWhile } from '../watch-while.ts';

type What = z.output<typeof ExportRequest>['what'];

interface ExportOptions extends ProjectOptions {
  readonly to: string;
  readonly run?: string;
  readonly split?: string;
  readonly dryRun?: boolean;
}

export function exportCommand(): Command {
  return new Command('export')
    .summary('write masks or a model out of the project')
    .description(
      'Writes masks as palette PNG in VOC layout (SegmentationClass, ImageSets, classes.txt), or a model as safetensors + JSON. ' +
        'Files appear in the target only when all are written.',
    )
    .addArgument(new Argument('<what>', 'what to write').choices(ExportRequest.shape.what.options))
    .addOption(projectOption())
    .requiredOption('--to <dir>', 'target folder; must be empty or absent')
    .option('--run <run>', 'take it from this run (default: the newest finished one)', parseRunId)
    .option('--split <split>', 'one split only')
    .option('--dry-run', 'only say what would be written')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ penumbra export corrected --project birds --to birds-masks\n  $ penumbra export segmenter --project birds --to birds-model',
    )
    .action(async (what: What, options: ExportOptions) => {
      const output = new Output({ json: options.json === true });
      const request = {
        what,
        target: path.resolve(options.to),
        ...(options.run === undefined ? {} : { runId: options.run }),
        ...(options.split === undefined ? {} : { split: options.split }),
      };
      await withConnection(findProjectDir(options.project), async ({ client }) => {
        if (options.dryRun === true) {
          const preview = await client.call(exportsContract.previewExport, request);
          output.result(preview, () =>
            [
              `${preview.files} files, about ${byteSize(preview.bytes)}, such as:`,
              ...preview.examples.map((name) => `  ${name}`),
              ...preview.lost.map((text) => `lost: ${text}`),
              ...(preview.exists ? ['the target holds files already: the export would be refused'] : []),
            ].join('\n'),
          );
          return;
        }
        const progress = new TaskProgress(output, 'exporting', 'files');
        const exportId = randomUUID();
        const letGo = onSignal(() => void client.call(exportsContract.cancelExport, { exportId }).catch(() => undefined));
        const done = await watchWhile(
          client,
          (event) => {
            if (event.name !== 'exports.progress' || event.payload.exportId !== exportId) return;
            output.event(event);
            progress.show(event.payload.done, event.payload.total);
          },
          () => client.call(exportsContract.startExport, { ...request, exportId }),
        ).finally(() => {
          letGo();
          progress.finish();
        });
        output.result(done, () => `${done.files} files, ${byteSize(done.bytes)}, in ${done.target}`);
      });
    });
}
