import { expect, it, vi } from 'vitest';
import type { TensorBackend } from '../../backend/backend.ts';
import { elementCount } from '../host-tensor.ts';
import type { Parameter } from '../param-store.ts';
import { randomFor } from '../../random/random.ts';
import { buildNetwork } from './build.ts';
import { NETWORKS } from './catalogue.ts';

// Numbers are counted, not drawn: the largest networks have a hundred million.
vi.mock('../initialisers.ts', () => {
  const none = () => () => new Float32Array();
  return { constant: none, kaimingNormal: none, normal: none, xavierUniform: none };
});
const nothing = { dispose: () => undefined };
const withoutTensors = { tf: { tensor: () => nothing, reshape: () => nothing, tidy: (run: () => unknown) => run(), variable: () => nothing }, ops: {} } as unknown as TensorBackend;

/** [what learns, running moments] of each network. */
const COUNTS: Readonly<Record<string, readonly [number, number]>> = {
  // As torchvision 0.29.2 and timm 1.0.31 build them; torchvision gives the first number with its published weights, too.
  'resnet50': [25_557_032, 53_120],
  'resnet101': [44_549_160, 105_344],
  'resnet152': [60_192_808, 151_424],
  'resnest50': [27_483_240, 64_576],
  'resnest101': [48_275_016, 130_112],
  'resnest269': [110_929_480, 314_432],
  'efficientnet-lite0': [4_652_008, 42_016],
  'efficientnet-lite1': [5_416_680, 53_664],
  'efficientnet-lite2': [6_092_072, 58_096],
  'efficientnet-lite3': [8_197_096, 76_672],
  'efficientnet-lite4': [13_006_568, 112_368],
  'deit-small': [22_050_664, 0],
  'vit-b16': [86_567_656, 0],
  'deeplabv3-resnet50': [42_004_074, 57_216],
  'deeplabv3-resnet101': [60_996_202, 109_440],
  // In no package: as tests/fixtures/parity/reference builds them in PyTorch, from the published code.
  'resnet38d-cam': [105_152_832, 47_744],
  'vgg16-cam': [20_504_384, 0],
  'resnet50-cam': [23_548_992, 53_120],
  'resnet50-puzzle-cam': [23_548_992, 53_120],
  'resnet101-puzzle-cam': [42_541_120, 105_344],
  'resnest50-cam': [25_475_200, 64_576],
  'resnest101-cam': [46_266_976, 130_112],
  'resnest269-cam': [108_921_440, 314_432],
  'deeplabv2-resnet101': [44_048_532, 105_344],
  'deeplabv3plus-resnet50': [39_761_845, 56_800],
  'deeplabv3plus-resnet101': [58_753_973, 109_024],
  'deeplabv3plus-gn-resnet50': [40_352_181, 53_120],
  'deeplabv3plus-gn-resnet101': [59_344_309, 105_344],
  'deeplabv3plus-gn-resnest50': [42_278_389, 64_576],
  'deeplabv3plus-gn-resnest101': [63_070_165, 130_112],
  'deeplabv3plus-gn-resnest269': [125_724_629, 314_432],
  'resnet38d-seg': [124_042_581, 47_744],
};

it('lists the networks whose counts are known, and no others', () => {
  expect([...NETWORKS.keys()].sort()).toEqual(Object.keys(COUNTS).sort());
});

it.each([...NETWORKS])('%s has as many parameters and running moments as its reference', (id, { table, classes }) => {
  const parameters = buildNetwork(withoutTensors, table, { classes, norm: 'batch', random: randomFor(0) }).parameters.list();
  const count = (chosen: (parameter: Parameter) => boolean): number => parameters.filter(chosen).reduce((sum, { shape }) => sum + elementCount(shape), 0);
  expect([count(({ role }) => role !== 'statistic'), count(({ role }) => role === 'statistic')]).toEqual(COUNTS[id]);
});

// What jiwoon-ahn/irn net/resnet50_cam.py trains: conv1 and bn1 are frozen, and gradients end after stage2.
it.each([
  ['resnet50-cam', ['resnet50.conv1.weight', 'resnet50.bn1.bias', 'resnet50.layer1.0.conv1.weight', 'resnet50.layer2.3.bn3.weight'], ['resnet50.layer3.0.conv1.weight', 'resnet50.layer4.2.bn3.weight', 'classifier.weight']],
])('%s trains what its reference trains', (id, frozen, trained) => {
  const entry = NETWORKS.get(id);
  if (entry === undefined) throw new Error(`no ${id}`);
  const { parameters } = buildNetwork(withoutTensors, entry.table, { classes: entry.classes, norm: 'frozen-statistics', random: randomFor(0) });
  for (const name of frozen) expect(parameters.get(name).trainable, name).toBe(false);
  for (const name of trained) expect(parameters.get(name).trainable, name).toBe(true);
});

// VainF's main.py: utils.set_bn_momentum(model.backbone, momentum=0.01). What it does to moments, parity.test.ts compares.
it.each(['deeplabv3plus-resnet50', 'deeplabv3plus-resnet101'])('%s has its reference’s momentum in the backbone', (id) => {
  expect(NETWORKS.get(id)?.table.backbone).toMatchObject({ momentum: 0.01 });
});
