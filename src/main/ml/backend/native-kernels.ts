import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/** Attribute types of the binding that this project uses; numbers come from the binding itself. */
interface BindingConstants {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
}

interface BindingAttribute {
  name: string;
  type: number;
  value: boolean | number | object | string | number[];
}

/** What this project needs of tfjs-node's NodeJSKernelBackend: any TensorFlow op by name, eagerly. */
export interface KernelExecutor {
  readonly binding: BindingConstants;
  readonly isUsingGpuDevice: boolean;
  executeSingleOutput(name: string, attributes: BindingAttribute[], inputs: TensorInfo[]): Tensor;
  executeMultipleOutputs(name: string, attributes: BindingAttribute[], inputs: TensorInfo[], outputs: number): Tensor[];
}

/** One value of an op attribute, tagged with the type TensorFlow expects. */
export type AttributeValue =
  | { readonly int: number | readonly number[] }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | 'float32'
  | 'int32';

/** Builds the binding's attribute list from `{ strides: { int: [1, 2, 2, 1] }, T: 'float32' }`. */
export function attributes(binding: BindingConstants, values: Readonly<Record<string, AttributeValue>>): BindingAttribute[] {
  return Object.entries(values).map(([name, value]) => {
    if (value === 'float32') return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
    if (value === 'int32') return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 };
    if ('int' in value) return { name, type: binding.TF_ATTR_INT, value: typeof value.int === 'number' ? value.int : [...value.int] };
    if ('float' in value) return { name, type: binding.TF_ATTR_FLOAT, value: value.float };
    if ('bool' in value) return { name, type: binding.TF_ATTR_BOOL, value: value.bool };
    return { name, type: binding.TF_ATTR_STRING, value: value.text };
  });
}
