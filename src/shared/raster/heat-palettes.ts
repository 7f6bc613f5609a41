/** Perceptual palettes for heat maps, 0..1 to colour. */
export type HeatPalette = 'turbo' | 'viridis' | 'magma';
export const HEAT_PALETTES: readonly HeatPalette[] = ['viridis', 'magma', 'turbo'];

/**
 * 33 colours of each published table (matplotlib's viridis and magma, Google's turbo), evenly spaced, six hex digits a colour. What
 * lies between is interpolated, which is within 3 of 255 of the table.
 */
const ANCHORS: Readonly<Record<HeatPalette, string>> = {
  viridis:
    '440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d' +
    '2f6b8e2c728e297a8e26828e23898e21918c1f978b1f9f8821a68527ad8131b57b' +
    '3dbc744cc26c5cc8636ece5881d34d95d840aadc32c0df25d5e21aeae51afde725',
  magma:
    '0000040303120a0822130d341d114729115a36106b440f7651127c5d177f6a1c81' +
    '762181832681902a819c2e7faa337db73779c23b75cf4070db476ae55064ee5b5e' +
    'f4695cf9785dfb8761fd9668fea571feb47bfec287fed194fde0a1fceeb0fcfdbf',
  turbo:
    '30123b392a734040a24456c7466be34680f64294ff37a8fa28bceb1ccdd818ddc2' +
    '1fe9af32f2984ef97d6dfe628bff4ba4fc3cb7f735cbed34dde037ecd13af7c13a' +
    'fdae35fe992cfb8122f56918ec530fe14109d23105c12302ac1701950d017a0403',
};
const INTERVALS = 32;

/** 256 colours from the palette's low to its high end. */
export function heatColours(palette: HeatPalette): readonly (readonly [number, number, number])[] {
  const anchors = ANCHORS[palette];
  const channel = (anchor: number, offset: number): number => parseInt(anchors.slice(anchor * 6 + offset, anchor * 6 + offset + 2), 16);
  return Array.from({ length: 256 }, (_, step) => {
    const at = (step / 255) * INTERVALS;
    const below = Math.min(INTERVALS - 1, Math.floor(at));
    const between = (offset: number): number => Math.round(channel(below, offset) + (channel(below + 1, offset) - channel(below, offset)) * (at - below));
    return [between(0), between(2), between(4)] as const;
  });
}
