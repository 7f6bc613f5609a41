import { Command } from 'commander';
import { project } from '#shared/contract/index.ts';
import type { ProjectInfo } from '#shared/contract/project.ts';
import { SupervisionKind, type SupervisionRule } from '#shared/domain/supervision.ts';
import { withConnection } from '../connect.ts';
import { collect, jsonOption, projectOption, wholeNumber, type ProjectOptions } from '../options.ts';
import { Output, UsageError } from '../output.ts';
import { findProjectDir } from '../project-dir.ts';
import { localTime, table } from '../text.ts';

export function supervisionCommand(): Command {
  return new Command('supervision')
    .summary('show or set what algorithms may learn from')
    .description(
      'Shows what each split grants to algorithms. Masks that are not granted lie in the ground-truth vault: they are used for scores only, and each use is logged.',
    )
    .addOption(projectOption())
    .option('--set <split[:class]=kind>', `${SupervisionKind.options.join(', ')}; repeatable. A rule for a whole split replaces those of its classes`, collect)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ penumbra supervision --project birds
  $ penumbra supervision --project birds --set train=masks
  $ penumbra supervision --project birds --set train:person=none --set val=none`,
    )
    .action(async (options: ProjectOptions & { set?: readonly string[] }) => {
      const output = new Output({ json: options.json === true });
      await withConnection(findProjectDir(options.project), async ({ client }) => {
        let info = await client.call(project.getProject, {});
        if (options.set !== undefined) {
          const rules = options.set.reduce((current, item) => replaceRules(current, parseRule(item, info)), info.supervision);
          await client.call(project.setSupervision, { rules });
          info = await client.call(project.getProject, {});
        }
        output.result({ rules: info.supervision }, () => supervisionText(info));
      });
    });
}

export function vaultLogCommand(): Command {
  return new Command('vault-log')
    .summary('list every use of ground truth outside the supervision')
    .addOption(projectOption())
    .option('--limit <n>', 'at most so many, newest first', wholeNumber('--limit', 1, 1000), 100)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  $ penumbra vault-log --project birds')
    .action(async (options: ProjectOptions & { limit: number }) => {
      const output = new Output({ json: options.json === true });
      await withConnection(findProjectDir(options.project), async ({ client }) => {
        const log = await client.call(project.vaultLog, { limit: options.limit });
        output.result(log, () => {
          if (log.entries.length === 0) return 'the vault has not been opened';
          const rows = log.entries.map((entry) => [localTime(entry.at), entry.by, entry.runId ?? '', String(entry.images), entry.purpose]);
          return table([['time', 'by', 'run', 'masks', 'purpose'], ...rows], [3]);
        });
      });
    });
}

/** Reads SPLIT=KIND or SPLIT:CLASS=KIND. Throws UsageError naming what the project has instead. */
export function parseRule(text: string, info: Pick<ProjectInfo, 'classes' | 'splits'>): SupervisionRule {
  const match = /^([^:=]+)(?::([^=]+))?=(.+)$/.exec(text);
  if (match === null) throw new UsageError(`--set "${text}" cannot be read`, 'Write SPLIT=KIND or SPLIT:CLASS=KIND, such as train=masks.');
  const [, split = '', className, kindText = ''] = match;
  if (!info.splits.some((item) => item.name === split)) {
    throw new UsageError(`--set "${text}": there is no split "${split}"`, `Splits: ${info.splits.map((item) => item.name).join(', ')}.`);
  }
  const named = info.classes.find((item) => item.name === className);
  if (className !== undefined && named === undefined) {
    throw new UsageError(`--set "${text}": there is no class "${className}"`, `Classes: ${info.classes.map((item) => item.name).join(', ')}.`);
  }
  const kind = SupervisionKind.safeParse(kindText);
  if (!kind.success) {
    throw new UsageError(`--set "${text}": "${kindText}" is not a kind of supervision`, `Kinds: ${SupervisionKind.options.join(', ')}.`);
  }
  return { split, classIndex: named?.index ?? null, kind: kind.data };
}

/** A rule for a whole split replaces those of its classes too. */
export function replaceRules(rules: readonly SupervisionRule[], next: SupervisionRule): SupervisionRule[] {
  const isReplaced = (rule: SupervisionRule): boolean => rule.split === next.split && (next.classIndex === null || rule.classIndex === next.classIndex);
  return [...rules.filter((rule) => !isReplaced(rule)), next];
}

function supervisionText(info: ProjectInfo): string {
  const nameOf = (index: number | null): string => (index === null ? 'every class' : (info.classes.find((item) => item.index === index)?.name ?? String(index)));
  const rows = info.supervision.map((rule) => [rule.split, nameOf(rule.classIndex), rule.kind]);
  return rows.length === 0 ? 'nothing is granted' : table([['split', 'class', 'granted'], ...rows]);
}
