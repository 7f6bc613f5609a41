/** A photo that fits in memory as one picture. */
export interface WholePhoto {
  readonly kind: 'whole';
  readonly width: number; // px
  readonly height: number; // px
  readonly picture: ImageBitmap;
  /** The same at half the size, a quarter and so on; empty for a small one. */
  readonly reduced: readonly ImageBitmap[];
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

/** Gives back the memory of a photo that nothing shows any more, without waiting for the collector. */
export function closePhoto(photo: PhotoSource): void {
  if (photo.kind !== 'whole') return;
  for (const picture of [photo.picture, ...photo.reduced]) picture.close();
}
