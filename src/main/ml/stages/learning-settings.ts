import * as z from 'zod';
import { amount, count, keyedOffDefault } from './settings.ts';

/**
 * How a training stage learns, beyond what it had from the start. At their defaults they change no bit and no key, so that
 * artifacts made before they were there are found again.
 */
export const learningSettings = {
  optimiser: keyedOffDefault(
    z.enum(['sgd', 'nesterov', 'psa', 'adamw']).default('sgd').meta({
      title: 'Optimiser (psa: SGD as published, its momentum the weight decay’s number, biases at twice the rate without decay)',
      source: 'SGD with momentum in most methods; psa: methods/cam.md §0; AdamW for transformers (DeiT)',
    }),
  ),
  schedule: keyedOffDefault(
    z.enum(['poly', 'cosine', 'steps', 'milestones', 'constant']).default('poly').meta({
      title: 'Learning-rate schedule',
      source: 'poly in psa, IRN and DeepLab; cosine in mva-wsss; steps and milestones: torch StepLR, MultiStepLR',
    }),
  ),
  stepEpochs: keyedOffDefault(count(10, 1, 500, { title: 'Schedule steps: epochs between two changes of the rate', unit: 'epochs', source: 'torch.optim.lr_scheduler.StepLR' })),
  milestones: keyedOffDefault(
    z.array(z.int().min(1).max(500)).max(20).default([]).meta({ title: 'Schedule milestones: the rate changes at the end of these epochs', unit: 'epochs', source: 'torch.optim.lr_scheduler.MultiStepLR' }),
  ),
  stepFactor: keyedOffDefault(amount(0.1, 0, 1, { title: 'Schedules steps and milestones: the rate is multiplied by this', source: 'torch StepLR and MultiStepLR: gamma 0.1' })),
  warmUpEpochs: keyedOffDefault(amount(0, 0, 100, { title: 'Warm-up, in a straight line from a thousandth of the rate', unit: 'epochs', source: 'torchvision references/segmentation' })),
  clipValue: keyedOffDefault(amount(0, 0, 1e6, { title: 'Largest magnitude of any number of the gradients, cut before the norm; 0 = any', source: 'torch.nn.utils.clip_grad_value_' })),
  clipNorm: keyedOffDefault(amount(0, 0, 1e6, { title: 'Largest global norm of the gradients; 0 = any', source: 'mva-wsss: 1' })),
  accumulate: keyedOffDefault(
    count(1, 1, 256, { title: 'Parts that a batch is computed in, to need the memory of one', unit: 'parts', source: 'DeepLabV2 (kazuto1011): 5 photos × 2' }),
  ),
  averaging: keyedOffDefault(amount(0, 0, 0.99999, { title: 'Moving average of the weights: share of the old ones kept at a step; 0 = none', source: 'torch.optim.swa_utils' })),
};
