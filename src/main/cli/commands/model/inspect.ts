import { Command } from 'commander';
import type { Inspection } from '#main/ml/weights/inspect.ts';
import type { KnownMatch } from '#main/ml/weights/known-weights.ts';
import { jsonOption, type CommonOptions } from '../../options.ts';
import { Output } from '../../output.ts';
import { byteSize, table } from '../../text.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .summary('say what a weights file holds')
    .description(
      'Lists the tensors of a file with types and shapes, what network they seem to be of, which public weights the file is, and values that no trained network has (NaN, infinite, all zero). Reads PyTorch (.pth, .pt, .ckpt, old and new), safetensors, MXNet .params, TensorFlow.js model.json, NumPy .npy and .npz, also the CAM dictionaries of PSA, IRN and Puzzle-CAM.',
    )
    .argument('<file>', 'the file; of TensorFlow.js, model.json')
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  $ penumbra model inspect resnet50-0676ba61.pth\n  $ penumbra model inspect cams/2007_000032.npy --json')
    .action(async (file: string, options: CommonOptions) => {
      const output = new Output({ json: options.json === true });
      const { inspectWeights } = await import('#main/ml/weights/inspect.ts');
      const inspection = inspectWeights(file);
      output.result(inspection, () => inspectionText(inspection));
    });
}

function inspectionText(found: Inspection): string {
  const { totals, architecture, cams } = found;
  const facts = [
    ['format', found.format],
    ['size', byteSize(found.bytes)],
    ['sha256', found.sha256],
    ['known as', knownText(found.known)],
    ...loadsInto(found.known),
    ['network', architecture === null ? 'not recognised' : [architecture.backbone, architecture.head].filter((part) => part !== null).join(' with head ')],
    ...found.fits.map(({ arch, classes, stripPrefix }) => ['to run it', `--arch ${arch}${classes === null ? '' : ` --classes ${classes}`}${stripPrefix === null ? '' : ` --strip-prefix ${stripPrefix}`}`]),
    ['outputs', architecture?.classes?.toString() ?? '–'],
    ...(cams === null ? [] : [['CAMs', `as ${cams.madeBy} writes them: keys ${cams.keys.join(', ')} (${cams.counting}), maps ${cams.maps.join(', ')}`]]),
    ...Object.entries(found.metadata).map(([key, value]) => [key, value]),
    ['total', `${totals.tensors} tensors, ${totals.elements.toLocaleString('en')} values, ${byteSize(totals.bytes)}`],
  ];
  const rows = found.tensors.map(({ key, type, shape, elements }) => [key, type, `(${shape.join(', ')})`, String(elements)]);
  return [
    table(facts),
    '',
    table([['key', 'type', 'shape', 'values'], ...rows], [3]),
    ...section('beside the tensors', found.others),
    ...section('suspicious', found.suspicious),
  ].join('\n');
}

function section(title: string, items: readonly { key: string; what: string }[]): string[] {
  return items.length === 0 ? [] : ['', `${title}:`, table(items.map(({ key, what }) => [`  ${key}`, what]))];
}

function loadsInto(known: KnownMatch | null): string[][] {
  if (known === null || known.by === 'differs') return [];
  const { networks, missing = [] } = known.weights;
  return [['loads into', `${networks.join(', ')}${missing.length === 0 ? '' : `, without ${missing.join(', ')} (--allow-missing ${missing.join(',')})`}`]];
}

function knownText(known: KnownMatch | null): string {
  if (known === null) return 'none of the public weights listed in resources/known-weights.json';
  const { title, licence } = known.weights;
  switch (known.by) {
    case 'hash':
      return `${title}; ${licence}`;
    case 'name':
      return `${title}, by its name alone: no hash of it is known; ${licence}`;
    case 'differs':
      return `none: it is called as ${title}, but its contents are others`;
  }
}
