import { Command, Option } from 'commander';
import type { Conversion, Target } from '#main/ml/weights/convert.ts';
import type { OnnxExport } from '#main/ml/onnx/export.ts';
import { jsonOption, type CommonOptions } from '../../options.ts';
import { Output, UsageError } from '../../output.ts';
import { table } from '../../text.ts';
import { networkChoice, type NetworkOptions } from './network-choice.ts';

interface ConvertCommandOptions extends CommonOptions, Partial<NetworkOptions> {
  readonly to?: Target | 'onnx';
  readonly roundFloat32?: boolean;
  readonly referenceNames?: boolean;
  readonly size?: string;
  readonly stripPrefix?: string;
}

export function convertCommand(): Command {
  return new Command('convert')
    .summary('write a weights file in another format')
    .description(
      'Converts weights one tensor at a time, so that files may be larger than memory. Reads what "penumbra model inspect" reads. Every bit is read back and compared before the output takes its name; nothing is ever written over. A value that the other format cannot hold is refused, not rounded.\n\nAn .onnx file holds the network besides, which --arch names: input "images" (batch, 3, height, width), outputs "logits" and the taps asked for, opset 17.',
    )
    .argument('<in>', 'the file to read')
    .argument('<out>', 'the file to write: NAME.safetensors, NAME.npz, NAME.onnx, or FOLDER/model.json for TensorFlow.js, with FOLDER not there yet')
    .addOption(new Option('--to <format>', 'the format to write (default: by the ending of <out>)').choices(['safetensors', 'npz', 'tfjs', 'onnx']))
    .option('--round-float32', 'round float64 to float32 where the format has no float64')
    .option('--reference-names', 'write MXNet’s ResNet-38, torchvision’s VGG-16 and timm’s EfficientNet-Lite under the names of the networks here, without what those lack')
    .option('--arch <name>', 'ONNX: the network, as "penumbra model list" names it')
    .option('--classes <n>', 'ONNX: outputs, where they are not those of the published weights')
    .option('--size <height>x<width>', 'ONNX: of the photos, in pixels (default: 224x224)')
    .option('--output-stride <n>', 'ONNX: 8, 16 or 32, where the network can (default: its reference’s)')
    .option('--strip-prefix <name>', 'ONNX: what to take from the names in the file, such as the "model." that Lightning puts before them')
    .option('--taps <a,b>', 'ONNX: inner results that become outputs as well')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ penumbra model convert resnet50-0676ba61.pth resnet50.safetensors\n  $ penumbra model convert ilsvrc-cls_rna-a1_cls1000_ep-0001.params resnet38d.safetensors --reference-names\n  $ penumbra model convert segmenter.safetensors web/model.json\n  $ penumbra model convert deeplab.pth deeplab.onnx --arch deeplabv3-resnet50 --size 321x321',
    )
    .action(async (input: string, out: string, options: ConvertCommandOptions) => {
      const output = new Output({ json: options.json === true });
      const { convertWeights, targetOf } = await import('#main/ml/weights/convert.ts');
      const target = options.to ?? (out.endsWith('.onnx') ? 'onnx' : targetOf(out));
      const roundToFloat32 = options.roundFloat32 === true;
      if (target === null) throw new UsageError(`"${out}" does not say which format to write`, 'Let it end in .safetensors, .npz, .onnx or /model.json, or add --to FORMAT.');
      if (target === 'onnx') {
        const found = await convertToOnnx(input, out, options);
        output.result(found, () => onnxText(found, out));
        return;
      }
      refuseNetworkOptions(options, target);
      if (target === 'tfjs' && targetOf(out) !== 'tfjs') throw new UsageError(`"${out}" is no place for TensorFlow.js weights`, 'Give FOLDER/model.json, with FOLDER not there yet.');
      const conversion = convertWeights(input, out, { target, roundToFloat32, referenceNames: options.referenceNames === true });
      output.result(conversion, () => conversionText(conversion, out));
    });
}

async function convertToOnnx(input: string, out: string, options: ConvertCommandOptions): Promise<OnnxExport> {
  if (options.referenceNames === true) throw new UsageError('--reference-names is for weights alone; an ONNX file always has the names of its network', 'Leave it out.');
  if (options.arch === undefined) throw new UsageError('an ONNX file holds the network too, which the weights do not name', 'Add --arch NAME; "penumbra model list" names them all.');
  const choice = await networkChoice({ ...options, arch: options.arch });
  const size = sizeOf(options.size ?? '224x224');
  const { exportOnnx } = await import('#main/ml/onnx/export.ts');
  return exportOnnx(input, out, { ...choice, size, roundToFloat32: options.roundFloat32 === true, stripPrefix: options.stripPrefix });
}

/** Of what a runtime is given in one piece: far above any published network's, far below what an axis of ONNX could name. */
const MAX_SIDE_PX = 16_384;

function sizeOf(text: string): [height: number, width: number] {
  const [, height, width] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (height === undefined || width === undefined) throw new UsageError(`--size: "${text}" is no size`, 'Give it as 321x481, height first.');
  const size: [number, number] = [Number(height), Number(width)];
  if (size.some((sidePx) => sidePx > MAX_SIDE_PX)) throw new UsageError(`--size: "${text}" is beyond ${MAX_SIDE_PX} pixels on a side`, 'Give the size of one tile, and cut larger photos.');
  return size;
}

/** Said rather than passed over: other formats hold no network. */
function refuseNetworkOptions(options: ConvertCommandOptions, target: Target): void {
  const flags = { arch: '--arch', classes: '--classes', size: '--size', taps: '--taps', outputStride: '--output-stride', stripPrefix: '--strip-prefix' } as const;
  const given = Object.keys(flags).find((name): name is keyof typeof flags => options[name as keyof typeof flags] !== undefined);
  if (given !== undefined) throw new UsageError(`${flags[given]} is for ONNX; ${target} holds weights alone`, 'Leave it out, or let <out> end in .onnx.');
}

/** Tensors that took another type, and what the output lacks. */
function remarks({ retyped, leftOut }: Pick<Conversion, 'retyped' | 'leftOut'>): string[] {
  const lines: string[] = [];
  if (retyped.length > 0) lines.push('other types, same values:', table(retyped.map(({ key, from: before, to }) => [`  ${key}`, `${before} → ${to}`])));
  if (leftOut.length > 0) lines.push('left out:', table(leftOut.map(({ key, what }) => [`  ${key}`, what])));
  return lines;
}

function conversionText(conversion: Conversion, out: string): string {
  const { from, target, tensors } = conversion;
  return [`${out}: ${tensors} tensors of ${from} as ${target}; read back, every bit alike`, ...remarks(conversion)].join('\n');
}

function onnxText(found: OnnxExport, out: string): string {
  const ports = [...found.inputs.map((port) => ['input', port] as const), ...found.outputs.map((port) => ['output', port] as const)];
  return [
    `${out}: ${found.tensors} tensors of ${found.from} and the network as ONNX, opset ${found.opset}; read back, every bit alike`,
    table(ports.map(([kind, { name, shape }]) => [`  ${kind}`, name, `(${shape.join(', ')})`])),
    ...remarks(found),
  ].join('\n');
}
