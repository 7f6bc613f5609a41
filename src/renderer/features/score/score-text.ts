import type { ScoreTable } from '#shared/domain/score.ts';
import { delta, points, rowsBySplit } from './score-figures.ts';

/** Score tables as text to paste elsewhere. Figures are those of the page; CSV gives them unrounded. */

/** One line a layer and split; IoU of every class in columns of their own. RFC 4180. */
export function scoresAsCsv(table: ScoreTable, run: string): string {
  const names = new Map(table.layers.flatMap(({ perClass }) => perClass.map(({ index, name }) => [index, name] as const)));
  const classes = [...names].sort(([a], [b]) => a - b);
  const head = ['run', 'measuredAt', 'split', 'layer', 'images', 'miou', 'pixelAccuracy', ...classes.map(([, name]) => `iou ${name}`)];
  const lines = table.layers.map((score) => {
    const ious = classes.map(([index]) => score.perClass.find((item) => item.index === index)?.iou ?? null);
    return [run, table.measuredAt, score.split, score.layer, score.images, score.miou, score.pixelAccuracy, ...ious.map((iou) => iou ?? '')];
  });
  return [head, ...lines].map((line) => `${line.map(csvField).join(',')}\r\n`).join('');
}

function csvField(value: string | number): string {
  const text = String(value);
  // A leading sign would make a formula of a class name in spreadsheets.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A booktabs table: layers down, splits across, mIoU in percent with the gain over the layer before. */
export function scoresAsLatex(table: ScoreTable, caption: string): string {
  const splits = rowsBySplit(table, null);
  const layers = [...new Set(table.layers.map(({ layer }) => layer))];
  const cell = (layer: string, split: (typeof splits)[number]): string => {
    const row = split.rows.find(({ score }) => score.layer === layer);
    if (row === undefined) return '-- & ';
    return `${points(row.score.miou)} & ${row.gain === null ? '' : `$${delta(row.gain).replace('−', '-').replace('±', '\\pm ')}$`}`;
  };
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\begin{tabular}{l${'rr'.repeat(splits.length)}}`,
    '    \\toprule',
    `    mIoU, \\% ${splits.map(({ split, rows }) => `& \\multicolumn{2}{c}{${latexText(split)} (${rows[0]?.score.images ?? 0} images)}`).join(' ')} \\\\`,
    '    \\midrule',
    ...layers.map((layer) => `    ${latexText(layer)} & ${splits.map((split) => cell(layer, split)).join(' & ')} \\\\`),
    '    \\bottomrule',
    '  \\end{tabular}',
    `  \\caption{${latexText(caption)}}`,
    '\\end{table}',
    '',
  ].join('\n');
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}', '{': '\\{', '}': '\\}', '&': '\\&', '%': '\\%', $: '\\$', '#': '\\#', _: '\\_', '~': '\\textasciitilde{}', '^': '\\textasciicircum{}',
};

function latexText(text: string): string {
  return text.replace(/[\\{}&%$#_~^]/g, (sign) => LATEX[sign] ?? sign).replace(/\s+/g, ' ');
}
