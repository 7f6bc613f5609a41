/** Token of tokens.css, without the dashes. */
export type ChartColour = 'accent' | 'info' | 'good' | 'bad' | 'text-2';

/** One curve over the common x values; null leaves a gap. */
export interface ChartSeries {
  readonly label: string;
  readonly values: readonly (number | null)[];
  readonly colour: ChartColour;
  readonly dashed?: boolean;
}

/** A vertical line with a word, such as the value in use. */
export interface ChartMark {
  readonly x: number;
  readonly label: string;
  readonly colour: ChartColour;
}
