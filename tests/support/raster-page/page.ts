/// <reference lib="dom" />
import { startRasterPool } from '#renderer/api/raster-pool.ts';
import { liveWirePath } from '#shared/raster/select/live-wire.ts';

/** What tests and benches of the primitives reach for in the page. */
const raster = { startRasterPool, liveWirePath };

declare global {
  interface Window {
    raster: typeof raster;
  }
}

window.raster = raster;
