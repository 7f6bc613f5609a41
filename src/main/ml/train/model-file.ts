import * as z from 'zod';
import type { ClassInfo } from '#shared/domain/classes.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { HostTensors } from '../nn/host-tensor.ts';
import type { ArtifactReader, ArtifactWriter } from '../stage.ts';
import { bytesSource } from '#shared/formats/byte-source.ts';
import { openSafetensors } from '../weights/safetensors/read.ts';
import { writeSafetensors } from '../weights/safetensors/write.ts';
import { toHostTensors } from '../weights/weights-file.ts';

const WEIGHTS_FILE = 'model.safetensors';
const CARD_FILE = 'model.json';

/** What one must know to run a model: model.json beside model.safetensors. Tensors have the reference's names and layouts. */
export const ModelCard = z.strictObject({
  format: z.literal('penumbra-model-1'),
  network: z.enum(['classifier', 'segmenter']),
  backbone: z.literal('efficientnet-lite0'),
  outputStride: z.int(),
  /** Output channel order; a segmenter has background before them. */
  classes: z.array(z.strictObject({ index: z.int(), name: z.string() })),
  decoderChannels: z.int().nullable(),
  input: z.strictObject({ order: z.literal('RGB'), scale: z.literal('x / 127.5 - 1') }),
  /** Settings of the stage that trained it. */
  config: z.record(z.string(), z.json()),
  seed: z.int(),
});
export type ModelCard = z.infer<typeof ModelCard>;

export interface StoredModel {
  readonly card: ModelCard;
  readonly weights: HostTensors;
}

export async function writeModel(output: ArtifactWriter, card: ModelCard, weights: HostTensors): Promise<void> {
  await output.write(WEIGHTS_FILE, writeSafetensors(weights, new Map([['format', 'pt']])));
  await output.write(CARD_FILE, `${JSON.stringify(card, null, 2)}\n`);
}

/** @throws ARTIFACT_DAMAGED, WEIGHTS_MALFORMED; WEIGHTS_MISMATCH when it is another kind of network or has other classes than the project. */
export async function readModel(artifact: ArtifactReader, network: ModelCard['network'], classes: readonly ClassInfo[]): Promise<StoredModel> {
  const text = new TextDecoder().decode(await artifact.read(CARD_FILE));
  const parsed = ModelCard.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new PenumbraError('ARTIFACT_DAMAGED', `${artifact.key}/${CARD_FILE} does not describe a model: ${z.prettifyError(parsed.error)}`, {
      remedy: 'Train the model again, or import it again from where it came.',
      details: { file: CARD_FILE },
    });
  }
  const card = parsed.data;
  const expected = classes.map((item) => item.name);
  const found = card.classes.map((item) => item.name);
  if (card.network !== network || expected.join('\n') !== found.join('\n')) {
    throw new PenumbraError(
      'WEIGHTS_MISMATCH',
      `The model ${artifact.key} is a ${card.network} of ${found.length} classes (${found.join(', ')}); expected a ${network} of ${expected.join(', ')}.`,
      { remedy: 'Choose a model that was trained on this project’s classes.', details: { expected, found, network: card.network } },
    );
  }
  const { tensors } = openSafetensors(bytesSource(await artifact.read(WEIGHTS_FILE)), `${artifact.key}/${WEIGHTS_FILE}`);
  return { card, weights: toHostTensors(tensors) };
}

/** The card of a model trained on these classes. */
export function modelCard(facts: Pick<ModelCard, 'network' | 'outputStride' | 'decoderChannels' | 'seed'>, classes: readonly ClassInfo[], config: object): ModelCard {
  return {
    ...facts,
    format: 'penumbra-model-1',
    backbone: 'efficientnet-lite0',
    classes: classes.map(({ index, name }) => ({ index, name })),
    input: { order: 'RGB', scale: 'x / 127.5 - 1' },
    config: z.record(z.string(), z.json()).parse(config),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
