/** A PNG of RGB bytes, [height, width, 3], made off this thread. */
export async function encodeRgbPng({ width, height, rgb }: { readonly width: number; readonly height: number; readonly rgb: Uint8Array }): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toBuffer();
}
