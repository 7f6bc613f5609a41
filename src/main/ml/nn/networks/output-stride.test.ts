import { describe, expect, it } from 'vitest';
import { NETWORKS } from './catalogue.ts';
import { outputStrideOf, outputStrides } from './output-stride.ts';

function tableOf(id: string) {
  const entry = NETWORKS.get(id);
  if (entry === undefined) throw new Error(`${id} is not in the catalogue`);
  return entry.table;
}

describe('outputStrideOf', () => {
  it.each([...NETWORKS])('%s can have its reference’s, by default, and what it says', (_, { table }) => {
    expect(outputStrideOf(table)).toBe(table.outputStride);
    for (const stride of outputStrides(table)) expect(outputStrideOf(table, stride)).toBe(stride);
  });

  it.each([
    ['vit-b16', 8, /a vision transformer with patches of 16 px, has no output stride 8; it can be built with 16\./],
    ['vgg16-cam', 32, /VGG-16, has no output stride 32; it can be built with 8 or 16\./],
    ['deeplabv3plus-gn-resnest50', 32, /DeepLabV3\+ with group norm on ResNeSt, has no output stride 32; it can be built with 8 or 16\./],
    ['resnet38d-cam', 4, /ResNet-38d, has no output stride 4; it can be built with 8 or 16 or 32\./],
  ])('refuses %s output stride %i: names network, value and what there is', (id, stride, message) => {
    expect(() => outputStrideOf(tableOf(id), stride)).toThrow(message);
  });
});
