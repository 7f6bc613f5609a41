import { existsSync } from 'node:fs';
import path from 'node:path';
import { Option } from 'commander';
import type { TagSource } from '#shared/contract/dataset.ts';
import { RunId } from '#shared/domain/ids.ts';
import type { Overrides } from '#shared/domain/run.ts';
import { UsageError } from './output.ts';

export interface CommonOptions {
  readonly json?: boolean;
}
export interface ProjectOptions extends CommonOptions {
  readonly project?: string;
}

export const jsonOption = (): Option => new Option('--json', 'print one JSON object a line: events, then the result or the error');
export const projectOption = (): Option => new Option('-p, --project <dir>', 'project folder (default: the current folder when it holds one)');

/** `csv:FILE`, `xml` or `masks`. A relative FILE is looked up in the dataset's root by the core. */
export function parseTagSource(text: string): TagSource {
  if (text === 'xml' || text === 'masks') return { kind: text };
  const file = /^csv:(.+)$/.exec(text)?.[1];
  if (file !== undefined) {
    // From the current folder, as shells complete it; the dataset's own tag list can be named without its folder.
    const here = path.resolve(file);
    return { kind: 'csv', file: existsSync(here) ? here : file };
  }
  throw new UsageError(`--tags "${text}" is not a source of tags`, 'Use csv:FILE, xml or masks.');
}

/** `step.key=value`; the value is read as JSON where it is JSON (numbers, true, lists), as text otherwise. */
export function parseOverrides(items: readonly string[]): Overrides {
  const overrides: Overrides = {};
  for (const item of items) {
    const match = /^([a-z][A-Za-z0-9-]*\.[A-Za-z0-9]+)=(.*)$/s.exec(item);
    if (match === null) throw new UsageError(`--set "${item}" cannot be read`, 'Write step.key=value, such as segmenter.epochs=10. "penumbra recipes" lists the keys.');
    const [, key = '', value = ''] = match;
    overrides[key] = parseValue(value);
  }
  return overrides;
}

function parseValue(text: string): Overrides[string] {
  try {
    return JSON.parse(text) as Overrides[string];
  } catch {
    return text;
  }
}

/** A run id as it stands on the command line, for commander's parsing. */
export function parseRunId(text: string): RunId {
  if (RunId.safeParse(text).success) return text;
  throw new UsageError(`"${text}" is not a run id`, 'Run ids look like run_4f0c2k9d1x7a; "penumbra runs" lists them.');
}

/** A whole number in a range, for commander's option parsing. */
export function wholeNumber(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new UsageError(`${name} "${text}" is not a whole number from ${min} to ${max}`, `Give ${name} a number from ${min} to ${max}.`);
    }
    return value;
  };
}

export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];
