import { Command } from 'commander';
import { convertCommand } from './convert.ts';
import { inspectCommand } from './inspect.ts';

/** `penumbra model …`: files of weights and networks. They need no project. */
export function modelCommand(): Command {
  const group = new Command('model').summary('look into, convert and check weights').description('Weights of networks: files on disk, whatever wrote them. Nothing in them is ever executed.');
  for (const command of [inspectCommand(), convertCommand()]) group.addCommand(command.exitOverride().showHelpAfterError('(--help shows how it is used)'));
  return group;
}
