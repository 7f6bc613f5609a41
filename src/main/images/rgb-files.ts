interface RgbPicture {
  readonly width: number; // px
  readonly height: number; // px
  readonly rgb: Uint8Array; // [height, width, 3]
}

/** A PNG of RGB bytes, made off this thread. */
export async function encodeRgbPng(picture: RgbPicture): Promise<Buffer> {
  return (await rawPicture(picture)).png({ compressionLevel: 6 }).toBuffer();
}

/** A JPEG to look at, of high quality and with colours at full size; its values are near those given, and no more. */
export async function encodeRgbJpeg(picture: RgbPicture): Promise<Buffer> {
  return (await rawPicture(picture)).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
}

async function rawPicture({ width, height, rgb }: RgbPicture) {
  const { default: sharp } = await import('sharp');
  return sharp(rgb, { raw: { width, height, channels: 3 }, limitInputPixels: false });
}
