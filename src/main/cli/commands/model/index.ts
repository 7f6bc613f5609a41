import { Command } from 'commander';
import { convertCommand } from './convert.ts';
import { forwardCommand } from './forward.ts';
import { inspectCommand } from './inspect.ts';
import { listCommand } from './list.ts';

/** `penumbra model …`: files of weights and networks. They need no project. */
export function modelCommand(): Command {
  const group = new Command('model').summary('list and run networks; look into and convert their weights').description('Weights of networks: files on disk, whatever wrote them. Nothing in them is ever executed.');
  for (const command of [listCommand(), inspectCommand(), convertCommand(), forwardCommand()]) group.addCommand(command.exitOverride().showHelpAfterError('(--help shows how it is used)'));
  return group;
}
