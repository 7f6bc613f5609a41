import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CRF_ROWS } from '#shared/raster/crf/crf-rows.ts';
import { toolCommand } from '#main/cli/commands/tool.ts';
import { toolNamed } from '#main/tools/index.ts';

const pages = path.resolve(import.meta.dirname, '../../docs/raster');
const tools = toolCommand().commands.map((command) => [command.name(), command] as const);

describe('the page of', () => {
  test.each(tools)('%s has its picture, its source and its settings as --help lists them', (name, tool) => {
    const page = readFileSync(path.join(pages, `${toolNamed(name).page}.md`), 'utf8');
    expect(page).toMatch(/!\[.+\]\(pictures\/.+\.jpg\)/);
    expect(page).toContain(`penumbra tool ${name} `);
    expect(page).toMatch(/Source: `src\/shared\/(raster|domain)\//);
    expect(page).toContain('## Measured agreement');
    for (const { long, flags, description } of tool.options) {
      // A page of several tools says whose settings they are, where they differ.
      const row = `\`${long ?? ''}\` | ${description} |\n`;
      if (flags.endsWith('<value>')) expect([`\n| ${row}`, `\n| ${name} | ${row}`].some((line) => page.includes(line)) ? row : page).toBe(row);
    }
  });

  test.each(tools)('%s is in the list', (name) => {
    expect(readFileSync(path.join(pages, 'README.md'), 'utf8')).toMatch(new RegExp(`\\| \\[[^\\]]*\\b${name}\\b[^\\]]*\\]\\(${toolNamed(name).page}\\.md\\) \\|`));
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
