import { expect, it } from 'vitest';
import { referenceShape } from '../layout.ts';
import { parametersOf } from './build.ts';
import { NETWORKS } from './catalogue.ts';
import { fittingNetworks } from './fitting.ts';

function shapesOf(id: string, classes: number, prefix = ''): Map<string, readonly number[]> {
  const entry = NETWORKS.get(id);
  if (entry === undefined) throw new Error(`no ${id}`);
  return new Map(parametersOf(entry.table, { classes }).map(({ name, shape, layout }) => [prefix + name, referenceShape(shape, layout)]));
}

it.each(['resnet50', 'resnet50-cam', 'resnet50-puzzle-cam', 'resnest50-cam', 'vgg16-cam', 'deit-small', 'efficientnet-lite0', 'deeplabv2-resnet101', 'deeplabv3-resnet50', 'deeplabv3plus-gn-resnet50', 'resnet38d-seg'])(
  '%s is told from all others by what its file holds, whatever the count of outputs',
  (id) => {
    expect(fittingNetworks(shapesOf(id, 7))).toEqual([{ arch: id, classes: 7, stripPrefix: null }]);
  },
);

it('names stand behind a prefix', () => {
  expect(fittingNetworks(shapesOf('resnet50', 20, 'net.body.'))).toEqual([{ arch: 'resnet50', classes: 20, stripPrefix: 'net.body' }]);
});

it('counters and copies belong to a file, other keys do not', () => {
  const shapes = shapesOf('resnet50-cam', 20);
  shapes.set('resnet50.bn1.num_batches_tracked', []).set('newly_added.0.weight', [20, 2048, 1, 1]).set('backbone.0.0.weight', [64, 3, 7, 7]);
  expect(fittingNetworks(shapes)).toHaveLength(1);
  expect(fittingNetworks(new Map(shapes).set('edge.weight', [1]))).toEqual([]);
  shapes.delete('resnet50.bn1.weight');
  expect(fittingNetworks(shapes)).toEqual([]);
});
