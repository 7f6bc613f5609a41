/** Takes Ctrl-C and SIGTERM itself until the function it returns is called; see `withConnection`. */
export function onSignal(handle: () => void): () => void {
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle);
    process.off('SIGTERM', handle);
  };
}
