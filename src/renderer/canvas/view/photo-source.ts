/** A photo that fits in memory as one picture. */
export interface WholePhoto {
  readonly kind: 'whole';
  readonly width: number; // px
  readonly height: number; // px
  readonly picture: CanvasImageSource;
}

/** A photo too large for that: squares of `tilePx` px at halving sizes, level 0 the full one. */
export interface TiledPhoto {
  readonly kind: 'tiles';
  readonly width: number; // px
  readonly height: number; // px
  readonly tilePx: number;
  readonly levels: number;
  /** Column `x` and row `y` of tiles at `level`. Rejects when the tile cannot be had. */
  load(level: number, x: number, y: number): Promise<CanvasImageSource>;
}

/** A photo that cannot be shown: its place alone. */
export interface BlankPhoto {
  readonly kind: 'blank';
  readonly width: number; // px
  readonly height: number; // px
}

export type PhotoSource = WholePhoto | TiledPhoto | BlankPhoto;
