/** Name under which tfjs-node registers itself. */
export const NATIVE_NAME = 'tensorflow';
