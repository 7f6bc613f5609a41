import type { HostTensors } from '../nn/host-tensor.ts';
import type { ParamStore } from '../nn/param-store.ts';
import type { StageContext } from '../stage.ts';
import { readWeights } from '../weights/read-weights.ts';

/** Heads of either network, the ImageNet classifier, and torch's batch counters: none of them is part of the backbone. */
const isNotBackbone = (name: string): boolean => /^(?:fc8|classifier|_fc)\.|num_batches_tracked$/.test(name);

/** Starts the backbone from the pinned ImageNet weights; the head stays as initialised. */
export async function startFromImageNet(context: StageContext, parameters: ParamStore): Promise<void> {
  const path = await context.weights('efficientnet-lite0');
  parameters.load(readWeights(path), { source: path, ignore: isNotBackbone });
}

/** Starts the backbone from another model of this project; the head stays as initialised. */
export function startFromModel(weights: HostTensors, source: string, parameters: ParamStore): void {
  parameters.load(weights, { source, ignore: isNotBackbone });
}
