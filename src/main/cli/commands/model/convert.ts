import { Command, Option } from 'commander';
import type { Conversion, Target } from '#main/ml/weights/convert.ts';
import { jsonOption, type CommonOptions } from '../../options.ts';
import { Output, UsageError } from '../../output.ts';
import { table } from '../../text.ts';

interface ConvertCommandOptions extends CommonOptions {
  readonly to?: Target;
  readonly roundFloat32?: boolean;
  readonly referenceNames?: boolean;
}

export function convertCommand(): Command {
  return new Command('convert')
    .summary('write a weights file in another format')
    .description(
      'Converts weights one tensor at a time, so that files may be larger than memory. Reads what "penumbra model inspect" reads. Every bit is read back and compared before the output takes its name; nothing is ever written over. A value that the other format cannot hold is refused, not rounded.',
    )
    .argument('<in>', 'the file to read')
    .argument('<out>', 'the file to write: NAME.safetensors, NAME.npz, or FOLDER/model.json for TensorFlow.js, with FOLDER not there yet')
    .addOption(new Option('--to <format>', 'the format to write (default: by the ending of <out>)').choices(['safetensors', 'npz', 'tfjs']))
    .option('--round-float32', 'round float64 to float32 where the format has no float64')
    .option('--reference-names', 'write MXNet’s ResNet-38 under the names of PSA’s PyTorch network, without its classifier')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ penumbra model convert resnet50-0676ba61.pth resnet50.safetensors\n  $ penumbra model convert ilsvrc-cls_rna-a1_cls1000_ep-0001.params resnet38d.safetensors --reference-names\n  $ penumbra model convert segmenter.safetensors web/model.json',
    )
    .action(async (input: string, out: string, options: ConvertCommandOptions) => {
      const output = new Output({ json: options.json === true });
      const { convertWeights, targetOf } = await import('#main/ml/weights/convert.ts');
      const target = options.to ?? targetOf(out);
      if (target === null) throw new UsageError(`"${out}" does not say which format to write`, 'Let it end in .safetensors, .npz or /model.json, or add --to FORMAT.');
      if (target === 'tfjs' && targetOf(out) !== 'tfjs') throw new UsageError(`"${out}" is no place for TensorFlow.js weights`, 'Give FOLDER/model.json, with FOLDER not there yet.');
      const conversion = convertWeights(input, out, { target, roundToFloat32: options.roundFloat32 === true, referenceNames: options.referenceNames === true });
      output.result(conversion, () => conversionText(conversion, out));
    });
}

function conversionText({ from, target, tensors, retyped, leftOut }: Conversion, out: string): string {
  const lines = [`${out}: ${tensors} tensors of ${from} as ${target}; read back, every bit alike`];
  if (retyped.length > 0) lines.push('other types, same values:', table(retyped.map(({ key, from: before, to }) => [`  ${key}`, `${before} → ${to}`])));
  if (leftOut.length > 0) lines.push('left out:', table(leftOut.map(({ key, what }) => [`  ${key}`, what])));
  return lines.join('\n');
}
