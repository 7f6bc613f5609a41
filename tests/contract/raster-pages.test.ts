import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CRF_ROWS } from '#shared/raster/crf/crf-rows.ts';
import { toolCommand } from '#main/cli/commands/tool.ts';

const pages = path.resolve(import.meta.dirname, '../../docs/raster');
const tools = toolCommand().commands;

describe('the page of', () => {
  test.each(tools.map((tool) => [tool.name(), tool] as const))('%s has its picture, its source and its settings as --help lists them', (name, tool) => {
    const page = readFileSync(path.join(pages, `${name}.md`), 'utf8');
    expect(page).toMatch(/!\[.+\]\(pictures\/.+\.jpg\)/);
    expect(page).toContain('Source: `src/shared/raster/');
    expect(page).toContain('## Measured agreement');
    for (const { long, flags, description } of tool.options) if (flags.endsWith('<value>')) expect(page).toContain(`| \`${long}\` | ${description} |\n`);
  });

  test('the dense CRF lists its published rows', () => {
    const page = readFileSync(path.join(pages, 'crf.md'), 'utf8');
    for (const [name, { use, iterations, gaussian, bilateral, labelConfidence, source }] of Object.entries(CRF_ROWS)) {
      expect(labelConfidence).toBe(0.7); // as the page says of all
      const numbers = [iterations, `${gaussian.sxyPx}, ${gaussian.compat}`, `${bilateral.sxyPx}, ${bilateral.srgb}, ${bilateral.compat}`];
      expect(page).toContain(`| ${[name, use, ...numbers, source].join(' | ')} |\n`);
    }
  });
});
