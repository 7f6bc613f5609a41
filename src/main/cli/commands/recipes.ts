import { Command } from 'commander';
import { runs } from '#shared/contract/index.ts';
import type { RecipeInfo } from '#shared/contract/runs.ts';
import { PenumbraError } from '#shared/errors.ts';
import { ownRecipes } from '../../runs/own-recipes.ts';
import { withConnection } from '../connect.ts';
import { jsonOption, projectOption, type ProjectOptions } from '../options.ts';
import { Output } from '../output.ts';
import { findProjectDir } from '../project-dir.ts';
import { table } from '../text.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

export const RECIPE_HINT = 'recipe id, as "penumbra recipes" lists it';

export function recipesCommand(): Command {
  return new Command('recipes')
    .summary('list recipes, their steps and settings')
    .description('Lists recipes. With a recipe id: its steps and every setting that --set can change, with default, range and source.')
    .argument('[recipe]', 'show the settings of this one')
    .addOption(projectOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  $ penumbra recipes\n  $ penumbra recipes weak-baseline')
    .action(async (recipe: string | undefined, options: ProjectOptions) => {
      const output = new Output({ json: options.json === true });
      const recipes = await listRecipes(options.project);
      if (recipe === undefined) {
        output.result(recipes, () => table([['recipe', 'title'], ...recipes.map((item) => [item.id, item.title])]));
        return;
      }
      const chosen = recipes.find((item) => item.id === recipe);
      if (chosen === undefined) {
        throw new PenumbraError('RECIPE_UNKNOWN', `there is no recipe "${recipe}"`, { remedy: `Choose one of: ${recipes.map((item) => item.id).join(', ')}.` });
      }
      output.result(chosen, () => recipeText(chosen));
    });
}

/** Those of the project that is named; Penumbra's own, which are the same until a project can bring some, where none is. */
async function listRecipes(project: string | undefined): Promise<readonly RecipeInfo[]> {
  if (project === undefined) return ownRecipes();
  const { recipes } = await withConnection(findProjectDir(project), ({ client }) => client.call(runs.listRecipes, {}));
  return recipes;
}

function recipeText(recipe: RecipeInfo): string {
  const parts = [`${recipe.id} – ${recipe.title}`, recipe.summary];
  for (const step of recipe.steps) {
    const inputs = Object.entries(step.inputs).map(([name, from]) => `${name} ← ${from}`);
    const reads = step.reads.length === 0 ? '' : `; reads ${step.reads.join(', ')}`;
    parts.push(`\n${step.step}: ${step.title} (${[...inputs, `makes ${step.output}`].join(', ')}${reads})`);
    const rows = step.fields.map((field) => {
      const quick = step.presets.quick[field.key];
      const unit = field.unit === null ? '' : ` ${field.unit}`;
      return [
        `  ${step.step}.${field.key}`,
        `${JSON.stringify(field.default)}${unit}`,
        quick === undefined ? '' : `quick: ${JSON.stringify(quick)}`,
        rangeText(field.schema),
        field.title,
      ];
    });
    if (rows.length > 0) parts.push(table(rows));
  }
  return parts.join('\n');
}

/** What a value may be, from its JSON Schema. */
function rangeText(schema: JsonSchema): string {
  const options = schema['anyOf'];
  if (Array.isArray(options)) return (options as JsonSchema[]).map(rangeText).join(' or ');
  const choices = schema['enum'];
  if (Array.isArray(choices)) return choices.map((choice) => JSON.stringify(choice)).join(' | ');
  const type = typeof schema['type'] === 'string' ? schema['type'] : '';
  if (type === 'array') return `list of ${rangeText((schema['items'] ?? {}) as JsonSchema)}`;
  const low = schema['minimum'] ?? schema['exclusiveMinimum'];
  const high = schema['maximum'] ?? schema['exclusiveMaximum'];
  if (typeof low !== 'number' && typeof high !== 'number') return type;
  return `${type} ${typeof low === 'number' ? low : '…'} to ${typeof high === 'number' && high < Number.MAX_SAFE_INTEGER ? high : '…'}`;
}
