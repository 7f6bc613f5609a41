import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { LogLine } from '#shared/domain/run.ts';
import { DEFAULT_ROTATION, RotatingFile, rotatedName, type Rotation } from './rotating-file.ts';

/** A line as stored: numbered from 0 over the whole life of the run, so that readers can go on after a rotation. */
const StoredLine = z.strictObject({ n: z.int().nonnegative(), ...LogLine.shape });
type StoredLine = z.infer<typeof StoredLine>;

export function runLogPath(projectDir: string, runId: string): string {
  return join(projectDir, 'logs', `run-${runId}.ndjson`);
}

/** The log of one run: `logs/run-RUNID.ndjson`. Written by the core alone. */
export class RunLog {
  readonly #file: RotatingFile;
  #next: number;

  constructor(projectDir: string, runId: string, rotation: Rotation = DEFAULT_ROTATION) {
    const path = runLogPath(projectDir, runId);
    this.#file = new RotatingFile(path, rotation);
    this.#next = (lastLine(path)?.n ?? lastLine(rotatedName(path, 1))?.n ?? -1) + 1;
  }

  append(lines: readonly LogLine[]): void {
    if (lines.length === 0) return;
    this.#file.write(lines.map((line) => `${JSON.stringify({ n: this.#next++, ...line } satisfies StoredLine)}\n`).join(''));
  }

  close(): void {
    this.#file.close();
  }
}

/** Lines from number `afterLine` on, oldest first. Lines that rotation has dropped are passed over; torn ones too. */
export async function readRunLog(
  projectDir: string,
  runId: string,
  afterLine: number,
  limit: number,
  rotation: Rotation = DEFAULT_ROTATION,
): Promise<{ lines: LogLine[]; nextLine: number }> {
  const path = runLogPath(projectDir, runId);
  const found: StoredLine[] = [];
  for (let age = 0; age < rotation.keep; age++) {
    const lines = parseLines(await readFile(rotatedName(path, age), 'utf8').catch(() => ''));
    found.unshift(...lines.filter((line) => line.n >= afterLine));
    const first = lines[0];
    if (first !== undefined && first.n <= afterLine) break;
  }
  const page = found.slice(0, limit);
  return {
    lines: page.map(({ at, level, step, message }) => ({ at, level, step, message })),
    nextLine: (page.at(-1)?.n ?? afterLine - 1) + 1,
  };
}

function parseLines(text: string): StoredLine[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): StoredLine | null {
  if (line === '') return null;
  try {
    const parsed = StoredLine.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // torn by a kill in the middle of a write
  }
}

function lastLine(path: string): StoredLine | null {
  try {
    return parseLines(readFileSync(path, 'utf8')).at(-1) ?? null;
  } catch {
    return null;
  }
}
