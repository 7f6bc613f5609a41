import path from 'node:path';
import vue from '@vitejs/plugin-vue';
import ts from 'typescript';
import { build, type Plugin } from 'vite';
import { repositoryRoot } from '../../../scripts/lib/cache.mjs';
import packageJson from '../../../package.json' with { type: 'json' };

const OWN = path.join(repositoryRoot, 'tests/desktop/old-electron');

export interface OldBuild {
  /** The shell's main script. */
  readonly main: string;
  readonly pageDir: string;
}

/** Node's own modules under the names that Node 12 knows; two it does not know are stood in for. */
function nodeTwelve(): Plugin {
  const standIns: Readonly<Record<string, string>> = { 'node:timers/promises': 'timers-promises.ts', 'node:fs/promises': 'fs-promises.ts' };
  return {
    name: 'node-twelve',
    enforce: 'pre',
    resolveId(source) {
      const standIn = standIns[source];
      if (standIn !== undefined) return path.join(OWN, standIn);
      return source.startsWith('node:') ? { id: source.slice('node:'.length), external: true } : null;
    },
  };
}

/** Private methods, which vite's own lowering leaves as they are. */
function withoutPrivateMethods(): Plugin {
  return {
    name: 'without-private-methods',
    renderChunk: (code) => ({
      code: ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2020, module: ts.ModuleKind.ESNext } }).outputText,
      map: null,
    }),
  };
}

/** The page's script after what Chromium 83 lacks. */
function pageShim(): Plugin {
  return {
    name: 'page-shim',
    enforce: 'pre',
    transformIndexHtml: { order: 'pre', handler: () => [{ tag: 'script', attrs: { type: 'module', src: '/@fs-shim' }, injectTo: 'head-prepend' }] },
    resolveId: (source) => (source === '/@fs-shim' ? path.join(OWN, 'page-shim.ts') : null),
  };
}

/** Builds the shell and the page for Electron 9.4: the same sources, older targets, and shims that no other build has. */
export async function buildForOldElectron(): Promise<OldBuild> {
  // Two folders below the root, as out/main is: the shell finds the preload script and the repository from where it lies.
  const mainDir = path.join(repositoryRoot, 'out/main-old');
  const pageDir = path.join(repositoryRoot, 'out/renderer-old');
  await build({
    configFile: false,
    logLevel: 'error',
    root: repositoryRoot,
    plugins: [nodeTwelve(), withoutPrivateMethods()],
    ssr: { noExternal: true, external: ['electron'] },
    build: {
      ssr: path.join(OWN, 'main.ts'),
      outDir: mainDir,
      emptyOutDir: true,
      target: 'node12',
      minify: false,
      rolldownOptions: { external: ['electron'], output: { format: 'cjs', entryFileNames: 'index.cjs' } },
    },
  });
  await build({
    configFile: false,
    logLevel: 'error',
    root: path.join(repositoryRoot, 'src/renderer'),
    plugins: [pageShim(), vue(), withoutPrivateMethods()],
    // Lowers what Chromium 83 does not know, such as `inset`, without which the canvas has no size.
    css: { transformer: 'lightningcss', lightningcss: { targets: { chrome: 83 << 16 } } },
    define: { __APP_VERSION__: JSON.stringify(packageJson.version) },
    build: { outDir: pageDir, emptyOutDir: true, target: 'chrome83', cssTarget: 'chrome83', minify: false, assetsInlineLimit: 0 },
  });
  return { main: path.join(mainDir, 'index.cjs'), pageDir };
}
