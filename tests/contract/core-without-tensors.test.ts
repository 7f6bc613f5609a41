import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** Imports an entry in a process of its own and lists the tensor packages that came with it. */
function tensorModulesOf(entry: string): string[] {
  const script = `
    import { createRequire } from 'node:module';
    await import(${JSON.stringify(new URL(`../../src/main/${entry}`, import.meta.url).href)});
    const { cache } = createRequire(import.meta.url);
    console.log(JSON.stringify(Object.keys(cache).filter((file) => /node_modules.(@tensorflow|webgpu)/.test(file))));`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return JSON.parse(out) as string[];
}

it('importing the core loads no tensor code: neither its load time nor its crashes may reach hand edits', () => {
  expect(tensorModulesOf('core.ts')).toEqual([]);
});

it('the check above sees tensor code where it is loaded', () => {
  expect(tensorModulesOf('ml/backend/cpu.ts').length).toBeGreaterThan(0);
});
