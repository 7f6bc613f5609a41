import { Command } from 'commander';
import { jsonOption, type CommonOptions } from '../../options.ts';
import { Output } from '../../output.ts';
import { table } from '../../text.ts';

export function listCommand(): Command {
  return new Command('list')
    .summary('list the networks that can be built')
    .description('Lists every network by the name that "penumbra model forward --arch" takes, whose parameter names it has, and how photos become its input.')
    .addOption(jsonOption())
    .action(async (options: CommonOptions) => {
      const output = new Output({ json: options.json === true });
      const { NETWORKS } = await import('#main/ml/nn/networks/catalogue.ts');
      const { outputStrides } = await import('#main/ml/nn/networks/output-stride.ts');
      const rows = [...NETWORKS].map(([id, { title, reference, input, classes, table: network }]) => {
        const { outputStride } = network;
        return { id, title, reference, input, classes, outputStride, otherStrides: outputStrides(network).filter((stride) => stride !== outputStride) };
      });
      output.result(rows, () =>
        table([
          ['network', 'what it is', 'names as', 'input', 'outputs', 'output stride', 'or'],
          ...rows.map((row) => [row.id, row.title, row.reference, row.input, String(row.classes), String(row.outputStride), row.otherStrides.join(', ')]),
        ]),
      );
    });
}
