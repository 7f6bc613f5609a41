import path from 'node:path';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'electron-vite';
import packageJson from './package.json' with { type: 'json' };

const root = import.meta.dirname;

/** The window's page, and the Electron shell around it. Core, trainer and command line run from their sources (ADR 0001). */
export default defineConfig({
  main: {
    build: {
      outDir: path.join(root, 'out/main'),
      // Nothing but Electron and Node is looked up at run time.
      externalizeDeps: false,
      rolldownOptions: { input: path.join(root, 'src/main/index.ts') },
    },
  },
  preload: {
    build: {
      outDir: path.join(root, 'out/preload'),
      externalizeDeps: false,
      // A sandboxed preload script is one CommonJS file.
      rolldownOptions: { input: path.join(root, 'src/preload/index.ts'), output: { format: 'cjs', entryFileNames: 'index.cjs' } },
    },
  },
  renderer: {
    root: path.join(root, 'src/renderer'),
    plugins: [vue()],
    define: { __APP_VERSION__: JSON.stringify(packageJson.version) },
    build: {
      outDir: path.join(root, 'out/renderer'),
      emptyOutDir: true,
      target: 'chrome120',
      minify: true,
      rolldownOptions: { input: path.join(root, 'src/renderer/index.html') },
      // A data: URL would need a looser Content-Security-Policy.
      assetsInlineLimit: 0,
    },
  },
});
