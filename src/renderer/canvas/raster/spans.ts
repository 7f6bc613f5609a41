/** Takes whole pixels of row `y` from `x0` up to but not including `x1`, px. Whoever takes them clips to the image. */
export type SpanSink = (y: number, x0: number, x1: number) => void;
