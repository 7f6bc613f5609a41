/** Puts a picture on the clipboard; where that is refused, offers it as a file. Throws where the canvas gives no picture. */
export async function copyPicture(canvas: HTMLCanvasElement, fileName: string): Promise<'copied' | 'saved'> {
  const picture = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (picture === null) throw new RangeError(`a picture of ${canvas.width} × ${canvas.height} px is too large for this browser`);
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
    return 'copied';
  } catch {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(picture);
    link.download = fileName;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    return 'saved';
  }
}
