import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ConvSpec, PlainConvSpec, TensorOps } from '../ops.ts';

type TfNamespace = typeof TF;
type PlainConvolve = (x: Tensor4D, filter: Tensor4D, bias: Tensor1D | null, spec: PlainConvSpec) => Tensor4D;

/** Every convolution by way of `plain`, which knows one group, and SAME or VALID padding. */
export function generalConvolution(tf: TfNamespace, plain: PlainConvolve): TensorOps['convolve'] {
  return (x, filter, bias, spec) => {
    const groups = spec.groups ?? 1;
    if (groups > 1) return byGroup(groups, x, filter, bias, (...parts) => padded(...parts, { ...spec, groups: 1 }));
    return padded(x, filter, bias, spec);
  };

  function padded(x: Tensor4D, filter: Tensor4D, bias: Tensor1D | null, spec: ConvSpec): Tensor4D {
    const { kind, stride, dilation, activation, pad } = spec;
    const steps = { kind, stride, dilation, activation };
    if (pad !== 'symmetric') return plain(x, filter, bias, { ...steps, pad });
    // Both rules agree where nothing is skipped.
    if (stride === 1) return plain(x, filter, bias, { ...steps, pad: 'same' });
    const [rows, columns] = [0, 1].map((axis) => ((filter.shape[axis] ?? 1) - 1) / 2) as [number, number];
    const wide = rows + columns === 0 ? x : tf.pad(x, [[0, 0], [rows, rows], [columns, columns], [0, 0]]);
    return plain(wide, filter, bias, { ...steps, pad: 'valid' });
  }

  function byGroup(
    groups: number,
    x: Tensor4D,
    filter: Tensor4D,
    bias: Tensor1D | null,
    convolve: (x: Tensor4D, filter: Tensor4D, bias: Tensor1D | null) => Tensor4D,
  ): Tensor4D {
    const inputs = tf.split(x, groups, 3); // [B, H, W, Cin / groups] each
    const filters = tf.split(filter, groups, 3); // [kh, kw, Cin / groups, Cout / groups] each
    const biases: Tensor1D[] | null = bias === null ? null : tf.split(bias, groups);
    return tf.concat(inputs.map((input, i) => convolve(input as Tensor4D, filters[i] as Tensor4D, biases?.[i] ?? null)), 3);
  }
}
