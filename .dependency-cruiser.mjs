/** Which folder may import which, and why. DESIGN §5. */
const LEAVES = '^src/main/(images|faults)/';

/**
 * A rule: files under `from` may import nothing of src/ but `allowed`.
 * @param {string} name
 * @param {string} comment
 * @param {string} from
 * @param {string[]} allowed
 */
function only(name, comment, from, allowed) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: from, pathNot: '\\.test\\.ts$' },
    to: { path: '^src/', pathNot: [from, ...allowed] },
  };
}

export default {
  forbidden: [
    { name: 'no-cycles', comment: 'A cycle means two files share one job; nobody can read or test either alone.', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    { name: 'no-orphans', comment: 'A file nobody imports is dead, or an entry that belongs in the list here.', severity: 'error', from: { orphan: true, path: '^src/', pathNot: ['\\.test\\.ts$', '^src/main/(core|trainer|cli|index)\\.ts$', '^src/renderer/main\\.ts$', '^src/preload/(index|window-verbs)\\.ts$', '\\.d\\.ts$', 'probe\\.ts$', 'worker\\.ts$'] }, to: {} },
    { name: 'shared-is-pure', comment: 'shared runs in every process and in the browser: it may import zod and itself, no node, no electron, no vue.', severity: 'error', from: { path: '^src/shared/', pathNot: '\\.test\\.ts$' }, to: { pathNot: ['^src/shared/', '^node_modules/zod/'] } },
    only('images-is-a-leaf', 'images knows files and pixels, nothing of projects, runs or methods.', '^src/main/images/', ['^src/shared/', '^src/main/faults/']),
    only('faults-is-a-leaf', 'fault points are called from everywhere, so they may know nothing.', '^src/main/faults/', []),
    only('ml-knows-no-project', 'Methods receive a context and never learn where they run: no SQL, no UI, no queue.', '^src/main/ml/', ['^src/shared/', LEAVES]),
    only('datasets-stand-alone', 'Formats read and write files; who stores the result is not their business.', '^src/main/datasets/', ['^src/shared/', LEAVES]),
    only('project-is-storage', 'The project folder alone speaks SQL and knows nothing of runs or the API.', '^src/main/project/', ['^src/shared/', LEAVES]),
    only('runs-below-api', 'Runs are driven through the API and must not reach up to it.', '^src/main/runs/', ['^src/shared/', LEAVES, '^src/main/(project|datasets|ml)/']),
    only('api-below-server', 'The API is the same over any transport, so it may not know one.', '^src/main/api/', ['^src/shared/', LEAVES, '^src/main/(project|datasets|ml|runs|setup-facts)/']),
    only('host-holds-no-project', 'The host runs inside Electron too, where no native module of the core loads: it starts cores and speaks to them, and opens no project itself.', '^src/main/host/', ['^src/shared/', '^src/main/(client|server)/', '^src/main/api/call-table\\.ts$']),
    only('preload-is-thin', 'The preload script runs between the page and Electron: whatever it imports is within reach of both.', '^src/preload/', []),
    only('window-speaks-contract', 'The window runs in a sandbox: it knows the contract and pure code, and reaches the core over HTTP alone.', '^src/renderer/', ['^src/shared/', '^src/preload/window-verbs\\.ts$']),
    only('canvas-is-framework-free', 'Pixels stay outside Vue: the canvas is plain TypeScript over Konva, so it can be tested and measured alone. Its words stand in the catalogue.', '^src/renderer/canvas/', ['^src/shared/', '^src/renderer/strings/']),
    { name: 'set-up-is-ground', comment: 'scripts/lib runs on a bare clone, before any package is there: it may import nothing of src.', severity: 'error', from: { path: '^scripts/(lib/|[^/]+\\.mjs$)' }, to: { path: '^src/' } },
    { name: 'sources-know-set-up-alone', comment: 'Node processes may ask the set-up where engines, weights and Node lie; the programs under scripts/ stand above the sources.', severity: 'error', from: { path: '^src/' }, to: { path: '^scripts/', pathNot: '^scripts/lib/' } },
    { name: 'page-knows-no-set-up', comment: 'The set-up is Node; the page and the preload script run in a browser.', severity: 'error', from: { path: '^src/(renderer|preload)/' }, to: { path: '^scripts/' } },
    { name: 'canvas-without-vue', comment: 'See canvas-is-framework-free.', severity: 'error', from: { path: '^src/renderer/canvas/' }, to: { path: '^node_modules/(vue|pinia|vue-router|@vueuse)/' } },
    { name: 'features-stand-alone', comment: 'Features meet on a page or in a store; one that imports another cannot be moved or deleted.', severity: 'error', from: { path: '^src/renderer/features/([^/]+)/' }, to: { path: '^src/renderer/features/', pathNot: '^src/renderer/features/$1/' } },
    { name: 'ui-knows-no-domain', comment: 'Buttons and dialogs are the same for every domain.', severity: 'error', from: { path: '^src/renderer/ui/' }, to: { path: '^src/(shared|renderer)/', pathNot: ['^src/renderer/ui/', '^src/renderer/strings/', '^src/shared/errors\\.ts$'] } },
    { name: 'electron-only-in-app', comment: 'Core, trainer and CLI run in plain Node; only the shell may import electron.', severity: 'error', from: { pathNot: '^src/(main/(app/|index\\.ts)|preload/)' }, to: { path: '^node_modules/electron/' } },
    { name: 'sql-only-in-project', comment: 'One folder speaks SQL, so that every statement can be reviewed in one place.', severity: 'error', from: { path: '^src/', pathNot: '^src/main/project/' }, to: { path: '^node_modules/(better-sqlite3|kysely)/' } },
    { name: 'tensors-only-in-ml', comment: 'The core never runs tensor code: a crash in native code must not take hand edits with it.', severity: 'error', from: { path: '^src/', pathNot: '^src/main/ml/' }, to: { path: '^node_modules/(@tensorflow|webgpu)/', dependencyTypesNot: ['type-only'] } },
    { name: 'src-free-of-tests', comment: 'Shipped code never imports tests.', severity: 'error', from: { path: '^src/', pathNot: '\\.test\\.ts$' }, to: { path: '^tests/' } },
    { name: 'resolvable', comment: 'An import that resolves to nothing fails at run time.', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/renderer/.*\\.(css|svg|woff2)$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'], extensions: ['.ts', '.vue', '.mjs', '.js', '.json'] },
  },
};
