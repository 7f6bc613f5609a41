import { PenumbraError } from '#shared/errors.ts';
import type { Recipe } from '../recipe.ts';

/** Checks that a recipe is a graph that can be run in its listed order; throws naming the step and what is wrong. */
export function validateRecipe(recipe: Recipe): void {
  const earlier = new Map<string, string>(); // step name to the kind it makes
  for (const [name, step] of Object.entries(recipe.steps)) {
    const fail = (problem: string): never => {
      throw new PenumbraError('RECIPE_UNKNOWN', `recipe "${recipe.id}", step "${name}": ${problem}`, {
        remedy: 'This is a mistake in the recipe file; correct its steps.',
        details: { recipe: recipe.id, step: name },
      });
    };
    if (!/^[a-z][A-Za-z0-9-]*$/.test(name)) fail('step names begin with a small letter and hold letters, digits and hyphens');
    for (const [input, from] of Object.entries(step.from)) {
      const wanted = step.stage.inputs[input];
      if (wanted === undefined) fail(`stage "${step.stage.id}" has no input "${input}"; it has ${listed(Object.keys(step.stage.inputs))}`);
      const made = earlier.get(from);
      // Inputs come from earlier steps only, so a cycle cannot be written down.
      if (made === undefined)
        fail(`input "${input}" comes from "${from}", which is not an earlier step; earlier steps are ${listed([...earlier.keys()])}`);
      if (wanted !== undefined && made !== wanted.kind)
        fail(`input "${input}" takes ${wanted.kind}, but step "${from}" makes ${String(made)}`);
    }
    for (const [input, wanted] of Object.entries(step.stage.inputs)) {
      if (wanted.optional !== true && step.from[input] === undefined) fail(`input "${input}" (${wanted.kind}) comes from nowhere`);
    }
    earlier.set(name, step.stage.output);
  }
  if (earlier.size === 0) {
    throw new PenumbraError('RECIPE_UNKNOWN', `recipe "${recipe.id}" has no steps`, { remedy: 'Give the recipe at least one step.' });
  }
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

/** What one run does of a recipe. */
export interface RunPlan {
  /** Steps in order, those given included. */
  readonly steps: readonly PlannedStep[];
}

export interface PlannedStep {
  readonly name: string;
  /** Key of the artifact that stands in for the step; null when the step runs. */
  readonly given: string | null;
  /** Input name to step name; inputs whose step is left out are absent. */
  readonly from: Readonly<Record<string, string>>;
}

/**
 * Lays out a run: steps that are given, steps that run, and nothing else.
 * Optional inputs from steps that are left out fall away; a required one is an error.
 */
export function planRun(recipe: Recipe, given: Readonly<Record<string, string>>, only: readonly string[] | null): RunPlan {
  for (const name of [...Object.keys(given), ...(only ?? [])]) {
    if (!Object.hasOwn(recipe.steps, name)) {
      throw new PenumbraError(
        'RECIPE_UNKNOWN',
        `recipe "${recipe.id}" has no step "${name}"; its steps are ${listed(Object.keys(recipe.steps))}`,
        {
          remedy: 'Name steps of this recipe.',
          details: { recipe: recipe.id, step: name },
        },
      );
    }
  }
  const steps: PlannedStep[] = [];
  const present = new Set<string>();
  for (const [name, step] of Object.entries(recipe.steps)) {
    const stand = given[name];
    if (stand !== undefined) {
      steps.push({ name, given: stand, from: {} });
    } else {
      if (only !== null && !only.includes(name)) continue;
      const from: Record<string, string> = {};
      for (const [input, source] of Object.entries(step.from)) {
        if (present.has(source)) from[input] = source;
        else if (step.stage.inputs[input]?.optional !== true) {
          throw new PenumbraError('ARTIFACT_NOT_FOUND', `step "${name}" needs the output of step "${source}", which was not made`, {
            remedy: `Run recipe "${recipe.id}" at least up to step "${source}" first.`,
            details: { step: name, missing: source },
          });
        }
      }
      steps.push({ name, given: null, from });
    }
    present.add(name);
  }
  return { steps };
}
