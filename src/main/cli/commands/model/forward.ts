import { Command, Option } from 'commander';
import type { BackendId } from '#main/ml/backend/backend.ts';
import type { NetworkEntry } from '#main/ml/nn/networks/catalogue.ts';
import type { ForwardFileResult } from '#main/ml/nn/networks/forward-file.ts';
import { endOnceWritten } from '../../end-once-written.ts';
import { jsonOption, type CommonOptions } from '../../options.ts';
import { Output } from '../../output.ts';
import { table } from '../../text.ts';
import { listed, networkChoice, type NetworkOptions } from './network-choice.ts';

interface ForwardOptions extends CommonOptions, NetworkOptions {
  readonly weights: string;
  readonly input: string;
  readonly output: string;
  readonly backend: BackendId;
  readonly allowMissing?: string;
  readonly stripPrefix?: string;
}

export function forwardCommand(): Command {
  return new Command('forward')
    .summary('run a network once on numbers from a file')
    .description(
      'Runs a network without learning, so that its results can be compared with PyTorch’s. Numbers go in as one float32 .npy array (batch, 3, height, width), scaled as the network wants them, and come out as .npz: "logits" and the taps, maps as (batch, channels, height, width).',
    )
    .requiredOption('--arch <name>', 'the network, as "penumbra model list" names it')
    .requiredOption('--weights <file>', 'its weights, in any format that "penumbra model inspect" reads')
    .requiredOption('--input <x.npy>', 'the input')
    .requiredOption('--output <out.npz>', 'the file to write; never written over')
    .option('--taps <a,b>', 'inner results to write as well')
    .option('--classes <n>', 'outputs, where they are not those of the published weights')
    .option('--output-stride <n>', 'pixels of the photo to one of the deepest features: 8, 16 or 32, where the network can (default: its reference’s)')
    .option('--allow-missing <a,b>', 'parts that the weights may lack as a whole, left at their initial values: "head", or modules such as fc6')
    .option('--strip-prefix <name>', 'what to take from the names in the file, such as the "model." that Lightning puts before them')
    .addOption(new Option('--backend <engine>', 'the tensor engine').choices(['native', 'webgpu', 'cpu']).default('native'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ penumbra model forward --arch deeplabv3-resnet50 --weights deeplab.pth --input x.npy --taps layer1,layer4 --output out.npz\n  $ penumbra model forward --arch vgg16-cam --weights vgg16-397923af.pth --allow-missing fc6,fc7,head --input x.npy --taps conv5 --output out.npz',
    )
    .action(async (options: ForwardOptions) => {
      const output = new Output({ json: options.json === true });
      const choice = await networkChoice(options);
      const { forwardFile } = await import('#main/ml/nn/networks/forward-file.ts');
      try {
        const results = await forwardFile({ ...choice, weights: options.weights, input: options.input, output: options.output, backend: options.backend, allowMissing: listed(options.allowMissing), stripPrefix: options.stripPrefix });
        output.result(results, () => resultText(results, choice.entry));
      } finally {
        if (options.backend === 'webgpu') endOnceWritten();
      }
    });
}

function resultText({ arrays, layout, leftOut, initial, copies, rounded, nonFinite }: ForwardFileResult, entry: NetworkEntry): string {
  const lines = [table([['array', 'shape'], ...arrays.map(({ name, shape }) => [name, `(${shape.join(', ')})`])])];
  if (layout !== null) lines.push(`names: ${layout.title}, taken to those of ${entry.reference}`);
  if (layout !== null && layout.photos !== entry.input) lines.push(`photos: these weights learnt from photos scaled as "${layout.photos}", not "${entry.input}" as the reference`);
  if (leftOut.length > 0) lines.push('left out:', table(leftOut.map(({ key, what }) => [`  ${key}`, what])));
  if (copies > 0) lines.push(`copies: ${copies} tensors stand in the file twice, alike, as ${entry.reference} writes them`);
  if (rounded.length > 0) lines.push(`rounded to float32: ${roundedText(rounded)}`);
  for (const { name, count, value, place } of nonFinite) lines.push(`broken: ${name} holds ${count} numbers that are not finite, the first ${value} at (${place.join(', ')}); others may be hidden, since activations turn NaN into 0`);
  if (initial.length > 0) lines.push(`left at initial values, so that what follows from them means nothing: ${initial.join(', ')}`);
  return lines.join('\n');
}

const SHOWN_ROUNDED = 3;

function roundedText(rounded: ForwardFileResult['rounded']): string {
  const more = rounded.length > SHOWN_ROUNDED ? ` and ${rounded.length - SHOWN_ROUNDED} more` : '';
  return rounded.slice(0, SHOWN_ROUNDED).map(({ key, type }) => `${key} (${type})`).join(', ') + more;
}
