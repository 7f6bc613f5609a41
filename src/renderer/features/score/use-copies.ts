import { useClipboard } from '@vueuse/core';
import type { LayerScore, ScoreTable } from '#shared/domain/score.ts';
import { strings } from '#renderer/strings/index.ts';
import { copyPicture } from '#renderer/ui/copy-picture.ts';
import { showToast } from '#renderer/ui/toasts.ts';
import { chartPicture, classesPicture, matrixPicture, tablePicture } from './pictures.ts';
import { classRows, delta, matrixView, points, rowsBySplit, type ClassOrder } from './score-figures.ts';
import { scoresAsCsv, scoresAsLatex } from './score-text.ts';

/** What the page shows now. */
export interface ShownScores {
  readonly table: () => ScoreTable | null;
  readonly other: () => ScoreTable | null;
  readonly layers: () => readonly LayerScore[];
  readonly chosen: () => LayerScore | null;
  readonly order: () => ClassOrder;
  readonly runId: () => string;
  readonly runTitle: () => string;
  readonly labelName: (label: number) => string;
  readonly layerName: (layer: string) => string;
  readonly curve: () => HTMLCanvasElement | null;
}

/** Figures and pictures of what is shown, to the clipboard; each says what became of it. */
export function useCopies(shown: ShownScores) {
  const text = strings.score;
  const { copy, copied } = useClipboard({ legacy: true });

  async function copyText(value: string, said: string): Promise<void> {
    await copy(value);
    showToast(copied.value ? said : text.copyFailed, { tone: copied.value ? 'good' : 'bad' });
  }

  async function copyCanvas(canvas: HTMLCanvasElement | null, name: string): Promise<void> {
    if (canvas === null) return;
    const became = await copyPicture(canvas, `${shown.runId()}-${name}.png`);
    showToast(became === 'copied' ? text.copiedPng : text.savedPng, { tone: 'good' });
  }

  async function csv(): Promise<void> {
    const table = shown.table();
    if (table !== null) await copyText(scoresAsCsv(table, shown.runId()), text.copiedCsv);
  }

  async function latex(): Promise<void> {
    const table = shown.table();
    if (table !== null) await copyText(scoresAsLatex(table, shown.runTitle()), text.copiedLatex);
  }

  async function tablePng(): Promise<void> {
    const table = shown.table();
    if (table === null) return;
    const other = shown.other();
    const head = ['', text.miou, text.gain, text.accuracy, ...(other === null ? [] : [text.otherMiou, text.difference])];
    const rows = rowsBySplit(table, other).flatMap(({ split, rows: own }) => [
      [text.measuredOn(split, own[0]?.score.images ?? 0)],
      ...own.map(({ score, gain, other: theirs }) => [
        shown.layerName(score.layer),
        points(score.miou),
        delta(gain),
        points(score.pixelAccuracy),
        ...(other === null ? [] : [points(theirs?.miou ?? null), theirs === null ? '' : delta(score.miou - theirs.miou)]),
      ]),
    ]);
    await copyCanvas(tablePicture(shown.runTitle(), head, rows), 'scores');
  }

  async function classesPng(): Promise<void> {
    const layers = shown.layers();
    const split = layers[0]?.split ?? '';
    const picture = classesPicture(`${text.classesTitle} · ${split}`, layers.map(({ layer }) => shown.layerName(layer)), classRows(layers, shown.order()));
    await copyCanvas(picture, `classes-${split}`);
  }

  async function matrixPng(): Promise<void> {
    const score = shown.chosen();
    if (score === null) return;
    const title = `${text.matrixTitle} · ${shown.layerName(score.layer)} · ${score.split}`;
    await copyCanvas(matrixPicture(title, matrixView(score.confusion), shown.labelName, text), `confusion-${score.layer}-${score.split}`);
  }

  async function curvePng(): Promise<void> {
    const chart = shown.curve();
    if (chart !== null) await copyCanvas(chartPicture(chart), 'threshold');
  }

  return { csv, latex, tablePng, classesPng, matrixPng, curvePng };
}

export type Copies = ReturnType<typeof useCopies>;
