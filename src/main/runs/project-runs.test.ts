import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryRunProject } from '../../../tests/support/run-project.ts';
import { openRunService } from './project-runs.ts';

let project: MemoryRunProject;
beforeEach(() => {
  project = new MemoryRunProject();
});
afterEach(() => project.remove());

describe('recipes', () => {
  it('that could not be loaded are loaded when they are asked for again', async () => {
    const file = join(project.dir, 'recipes.mjs');
    const service = await openRunService({ project, recipeModule: pathToFileURL(file).href });
    await expect(service.recipes()).rejects.toThrow(/recipes\.mjs/);
    writeFileSync(file, 'export const recipes = [];');
    expect(await service.recipes()).toEqual([]);
    rmSync(file);
    expect(await service.recipes()).toEqual([]);
    await service.close('cancel');
  });
});
