import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { runs } from '#shared/contract/index.ts';

/** A setting that is not at its default. */
interface ChangedSetting {
  readonly title: string;
  readonly value: string;
  readonly defaultValue: string;
}

/** One artifact on the way to what is shown. `manifest` null: the project does not hold it any more. */
export interface LineageStep {
  readonly key: string;
  readonly manifest: ArtifactManifest | null;
  /** Of the stage; of a missing one, the name of the input that it was. */
  readonly title: string;
  /** Null where this program does not know the stage, so its defaults neither. */
  readonly changed: readonly ChangedSetting[] | null;
}

/** From an artifact back to what it was made of, nearest first, each once. */
export function lineageOf(key: string, manifests: ReadonlyMap<string, ArtifactManifest>, recipes: readonly runs.RecipeInfo[]): LineageStep[] {
  const stages = new Map(recipes.flatMap(({ steps }) => steps.map((step) => [step.stage, step] as const)));
  // Each key with the name of the input that led to it.
  const seen = new Map([[key, '']]);
  const steps: LineageStep[] = [];
  // Grows while it is walked.
  for (const [next, inputName] of seen) {
    const manifest = manifests.get(next) ?? null;
    const stage = manifest === null ? undefined : stages.get(manifest.stage);
    steps.push({
      key: next,
      manifest,
      title: stage?.title ?? manifest?.stage ?? inputName,
      changed: stage === undefined || manifest === null ? null : changedSettings(manifest.config, stage.fields),
    });
    for (const [name, input] of Object.entries(manifest?.inputs ?? {})) if (!seen.has(input)) seen.set(input, name);
  }
  return steps;
}

function changedSettings(config: ArtifactManifest['config'], fields: runs.RecipeInfo['steps'][number]['fields']): ChangedSetting[] {
  return fields
    .filter(({ key, default: standard }) => config[key] !== undefined && JSON.stringify(config[key]) !== JSON.stringify(standard))
    .map(({ key, title, default: standard, unit }) => ({ title, value: shown(config[key], unit), defaultValue: shown(standard, unit) }));
}

function shown(value: unknown, unit: string | null): string {
  const text = Array.isArray(value) ? value.map(String).join(', ') : typeof value === 'string' ? value : JSON.stringify(value);
  return unit === null ? text : `${text} ${unit}`;
}
