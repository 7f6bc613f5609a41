import { PenumbraError, type ErrorCode } from '#shared/errors.ts';
import type { DatasetSnapshot } from '#shared/domain/snapshot.ts';
import type { BackendId } from '#main/ml/backend/backend.ts';
import { resolveConfigs, type ResolvedConfigs } from '#main/ml/pipeline/resolve.ts';
import type { Recipe } from '#main/ml/recipe.ts';
import { readOnlyError } from '#main/project/sqlite-errors.ts';
import { installedEngines } from '../../../scripts/lib/cache.mjs';
import { freeBytes } from './artifacts/atomic.ts';
import type { RunProject } from './ports.ts';
import type { RunRequest } from './run-service.ts';
import type { RunSettings } from './settings.ts';

export interface Finding {
  readonly level: 'error' | 'warning' | 'info';
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** Less than this much free disk is warned of. */
const COMFORTABLE_FREE_BYTES = 1024 ** 3;

/**
 * Looks at everything that can be known to go wrong before a run starts: settings, data, supervision, engine, disk.
 * Throws only STAGE_CONFIG_INVALID; the rest comes back as findings.
 */
export async function checkRun(
  project: RunProject,
  recipe: Recipe,
  request: RunRequest,
  settings: RunSettings,
): Promise<{ findings: Finding[]; freeDiskBytes: number }> {
  const configs = resolveConfigs(recipe, request.preset, request.overrides);
  const freeDiskBytes = await freeBytes(project.dir);
  const findings = [
    ...(await dataFindings(project, recipe, configs)),
    ...engineFindings(recipe, request.backend),
    ...diskFindings(freeDiskBytes, settings),
  ];
  if (project.readOnly) {
    const { code, message, remedy } = readOnlyError(project.dir);
    findings.unshift({ level: 'error', code, message, remedy });
  }
  return { findings, freeDiskBytes };
}

/** The first finding that forbids the run, as the error that `start` answers with. */
export function firstError(findings: readonly Finding[]): PenumbraError | null {
  const found = findings.find((finding) => finding.level === 'error');
  return found === undefined ? null : new PenumbraError(found.code, found.message, { remedy: found.remedy });
}

async function dataFindings(project: RunProject, recipe: Recipe, configs: ResolvedConfigs): Promise<Finding[]> {
  const root = project.datasetRoot();
  if (root !== null && !root.found) {
    return [
      {
        level: 'error',
        code: 'DATASET_ROOT_MISSING',
        message: `the photos' folder ${root.path} is not there`,
        remedy: 'Connect the disk that holds it, or tell the project where the photos are now.',
      },
    ];
  }
  const findings: Finding[] = [];
  for (const [name, step] of Object.entries(recipe.steps)) {
    const { dataset } = await project.snapshot(step.stage.reads);
    if (dataset.images.length === 0) {
      return [
        {
          level: 'error',
          code: 'DATASET_EMPTY',
          message: 'the project holds no photos',
          remedy: 'Import a dataset first: `penumbra new DIR --voc ROOT`.',
        },
      ];
    }
    const config = configs[name] ?? {};
    findings.push(...splitFindings(name, config, dataset));
    findings.push(...supervisionFindings(name, step.stage.reads, config, dataset));
  }
  return unique(findings);
}

/** Stages name the split they learn from `split`, and splits they go through `splits` or `validationSplit`. */
function splitFindings(step: string, config: Readonly<Record<string, unknown>>, dataset: DatasetSnapshot): Finding[] {
  const present = new Set(dataset.images.map((image) => image.split));
  const missing = (name: unknown): name is string => typeof name === 'string' && !present.has(name);
  const findings: Finding[] = [];
  if (missing(config['split'])) {
    findings.push({
      level: 'error',
      code: 'SPLIT_EMPTY',
      message: `step "${step}" learns from split "${config['split']}", which holds no photos; splits are ${[...present].join(', ')}`,
      remedy: `Name another split with --set ${step}.split=NAME, or import photos into this one.`,
    });
  }
  const others = [config['validationSplit'], ...(Array.isArray(config['splits']) ? (config['splits'] as unknown[]) : [])];
  for (const name of others.filter(missing)) {
    findings.push({
      level: 'warning',
      code: 'SPLIT_EMPTY',
      message: `split "${name}" holds no photos; step "${step}" leaves it out`,
      remedy: 'Nothing to do, if that is meant.',
    });
  }
  return findings;
}

function supervisionFindings(
  step: string,
  reads: readonly string[],
  config: Readonly<Record<string, unknown>>,
  dataset: DatasetSnapshot,
): Finding[] {
  const split = config['split'];
  const images = typeof split === 'string' ? dataset.images.filter((image) => image.split === split) : dataset.images;
  if (images.length === 0) return [];
  const where = typeof split === 'string' ? `split "${split}"` : 'any split';
  if (reads.includes('tags') && images.every((image) => image.tags === null)) {
    return [violation(step, 'tags', where)];
  }
  if (reads.includes('masks') && images.every((image) => image.maskPath === null)) {
    return [violation(step, 'masks', where)];
  }
  if (!reads.includes('tags') || typeof split !== 'string') return [];
  return dataset.classes.flatMap((info): Finding[] => {
    const count = images.filter((image) => image.tags?.[info.index - 1] === 1).length;
    if (count === 0) {
      return [
        {
          level: 'warning',
          code: 'CLASS_UNSEEN',
          message: `class "${info.name}" is on no photo of ${where}; it cannot be learned`,
          remedy: 'Tag photos with it, or take the class out.',
        },
      ];
    }
    if (count > 1) return [];
    return [
      {
        level: 'warning',
        code: 'CLASS_RARE',
        message: `class "${info.name}" is on one photo of ${where} only; its masks will be poor`,
        remedy: 'Add photos of this class.',
      },
    ];
  });
}

function violation(step: string, source: 'tags' | 'masks', where: string): Finding {
  return {
    level: 'error',
    code: 'SUPERVISION_VIOLATION',
    message: `step "${step}" reads ${source}, but the supervision declared for ${where} grants none`,
    remedy: `Declare ${source} with \`penumbra supervision --set SPLIT=${source}\`, or choose a recipe that learns from what is declared.`,
  };
}

function engineFindings(recipe: Recipe, backend: BackendId | 'auto'): Finding[] {
  const usesTensors = Object.values(recipe.steps).some((step) => step.stage.usesTensors);
  if (!usesTensors || backend === 'webgpu' || backend === 'cpu' || installedEngines().length > 0) return [];
  return [
    {
      // With auto, WebGPU may still load; whether it does shows when the trainer starts.
      level: backend === 'native' ? 'error' : 'warning',
      code: 'ENGINE_NOT_INSTALLED',
      message: 'the native tensor engine is not installed',
      remedy: 'Run `npm run setup`.',
    },
  ];
}

function diskFindings(free: number, settings: RunSettings): Finding[] {
  if (free >= Math.max(COMFORTABLE_FREE_BYTES, settings.minimumFreeBytes)) return [];
  const megabytes = Math.floor(free / 1024 ** 2);
  return [
    {
      level: free < settings.minimumFreeBytes ? 'error' : 'warning',
      code: 'DISK_FULL',
      message: `${megabytes} MB are free on the project's disk`,
      remedy: 'Free space on that disk, for instance by reclaiming artifacts.',
    },
  ];
}

function unique(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => !seen.has(finding.message) && seen.add(finding.message));
}
