import { PenumbraError } from '#shared/errors.ts';
import type { HostTensors } from '../nn/host-tensor.ts';
import { bytesSource } from '#shared/formats/byte-source.ts';
import { openSafetensors } from '../weights/safetensors/read.ts';
import { writeSafetensors } from '../weights/safetensors/write.ts';
import { toHostTensors } from '../weights/weights-file.ts';

/** Tensors by name: weights, running averages, optimiser slots. */
export type TensorState = HostTensors;

export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  readonly totalSteps: number;
  readonly state: TensorState;
}

const FORMAT = 'penumbra-checkpoint-1';

/** One safetensors file whose metadata says where training stood. Randomness needs no state: it follows from the step. */
export function encodeCheckpoint({ step, totalSteps, state }: Checkpoint): Uint8Array {
  return writeSafetensors(
    state,
    new Map([
      ['format', FORMAT],
      ['step', String(step)],
      ['totalSteps', String(totalSteps)],
    ]),
  );
}

/** @throws ARTIFACT_DAMAGED or WEIGHTS_MALFORMED when the bytes are no checkpoint. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const { tensors, metadata } = openSafetensors(bytesSource(bytes), 'the checkpoint');
  const step = Number(metadata.get('step'));
  const totalSteps = Number(metadata.get('totalSteps'));
  if (metadata.get('format') !== FORMAT || !Number.isInteger(step) || !Number.isInteger(totalSteps)) {
    throw new PenumbraError('ARTIFACT_DAMAGED', `The checkpoint has format "${metadata.get('format') ?? 'none'}" and step "${metadata.get('step') ?? 'none'}"; expected ${FORMAT}.`, {
      remedy: 'Start the run anew; it can’t go on from this checkpoint.',
    });
  }
  return { step, totalSteps, state: toHostTensors(tensors) };
}
