import { expect, it } from 'vitest';
import { INFERENCE } from '#main/ml/nn/network.ts';
import { buildNetwork } from '#main/ml/nn/networks/build.ts';
import { randomFor } from '#main/ml/random/random.ts';
import { useEngine } from '../support/engines.ts';

it('a transformer refuses photos that it could only read in part', async () => {
  const backend = await useEngine('native');
  const vit = { family: 'vit', table: { channels: 48, depth: 1, heads: 3, patch: 16, grid: 4 } } as const;
  const table = { backbone: vit, head: { kind: 'own' }, prefix: '', outputStride: 16 } as const;
  const model = buildNetwork(backend, table, { classes: 7, norm: 'frozen', headNorm: 'frozen', random: randomFor(1) });
  const shapeOf = (height: number, width: number): number[] => backend.tf.tidy(() => model.forward(backend.tf.zeros([1, height, width, 3]), INFERENCE).shape);
  expect(shapeOf(64, 48)).toEqual([1, 7]);
  expect(() => shapeOf(64, 50)).toThrow('The images are 50×64 px; this network reads patches of 16 px');
  model.parameters.dispose();
});
