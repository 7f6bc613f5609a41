import { describe, expect, test } from 'vitest';
import type { RunSummary, StepStatus } from '#shared/domain/run.ts';
import { Output } from './output.ts';
import { RunProgress } from './run-progress.ts';

function runWith(steps: Partial<StepStatus>[], state: RunSummary['state'] = 'running'): RunSummary {
  const step = { step: 'classifier', stage: 'train', state: 'waiting', done: 0, total: 0, unit: 'steps', etaSeconds: null, startedAt: null, endedAt: null, artifact: null } as const;
  return {
    id: 'run_000000000001',
    recipe: 'tiny',
    preset: 'quick',
    overrides: {},
    seed: 0,
    state,
    steps: steps.map((item) => ({ ...step, ...item })),
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    endedAt: null,
    backend: null,
    device: 'cpu',
    error: null,
    scoringOf: null,
  };
}

function terminal(isTTY: boolean) {
  const written: string[] = [];
  const stdout = { isTTY, columns: 200, write: (text: string) => written.push(text) };
  return { written, output: new Output({ json: false, terminal: { stdout, stderr: { write: () => true } } }) };
}

const RUNNING = { state: 'running', done: 30, total: 120, etaSeconds: 75, startedAt: '2026-01-01T00:00:00.000Z' } as const;
const DONE = { state: 'done', done: 120, total: 120, startedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:02:05.000Z' } as const;

describe('RunProgress', () => {
  test('redraws a bar with count, ETA and newest figure on a terminal', () => {
    const { written, output } = terminal(true);
    const progress = new RunProgress(output);
    progress.figure('classifier', 'loss', 0.123456);
    progress.show(runWith([RUNNING]));
    expect(written).toEqual([`\r\x1b[2K… classifier     ${'█'.repeat(6)}${'░'.repeat(18)}  25 % 30/120 steps  ETA 1:15  loss 0.1235`]);
  });

  test('leaves one line for each step that ended', () => {
    const { written, output } = terminal(true);
    const progress = new RunProgress(output);
    progress.show(runWith([DONE, { step: 'cams', state: 'reused' }]));
    progress.show(runWith([DONE, { step: 'cams', state: 'reused' }]));
    expect(written.filter((text) => text.endsWith('\n'))).toEqual(['✓ classifier     2:05\n', '✓ cams           reused\n']);
  });

  test('prints plain lines elsewhere: begin and end, nothing redrawn', () => {
    const { written, output } = terminal(false);
    const progress = new RunProgress(output);
    progress.show(runWith([{}], 'queued'));
    progress.show(runWith([RUNNING]));
    progress.show(runWith([{ ...RUNNING, done: 31 }]));
    progress.show(runWith([DONE]));
    progress.finish();
    expect(written).toEqual(['run_000000000001 is queued for cpu\n', '… classifier (train)\n', '✓ classifier     2:05\n']);
  });

  test('says how a step failed', () => {
    const { written, output } = terminal(false);
    new RunProgress(output).show(runWith([{ ...DONE, state: 'failed' }]));
    expect(written).toEqual(['✗ classifier     failed  2:05\n']);
  });
});
