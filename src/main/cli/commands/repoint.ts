import path from 'node:path';
import { Command } from 'commander';
import { project } from '#shared/contract/index.ts';
import { withConnection } from '../connect.ts';
import { jsonOption, projectOption, type ProjectOptions } from '../options.ts';
import { Output } from '../output.ts';
import { findProjectDir } from '../project-dir.ts';

export function repointCommand(): Command {
  return new Command('repoint')
    .summary('tell a project where its photos are now')
    .description('Photos are matched by relative name and size; nothing is changed unless all match.')
    .argument('<root>', 'dataset folder')
    .addOption(projectOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  $ penumbra repoint /mnt/disk2/birds --project birds')
    .action(async (root: string, options: ProjectOptions) => {
      const output = new Output({ json: options.json === true });
      await withConnection(findProjectDir(options.project), async ({ client }) => {
        const { matched, missing } = await client.call(project.repointProject, { root: path.resolve(root) });
        output.result({ matched, missing }, () => `${matched} photos matched${missing.length === 0 ? '' : `; missing: ${missing.join(', ')}`}`);
      });
    });
}
