import type { RunSummary } from '#shared/domain/run.ts';
import { strings } from '../../strings/index.ts';

/** When a run began or, if it never did, was queued. */
export function beganAt(run: RunSummary): string {
  return run.startedAt ?? run.createdAt;
}

/** Seconds from start to end, or until `nowMs` while it runs; null when it never started. */
export function tookSeconds(run: Pick<RunSummary, 'startedAt' | 'endedAt'>, nowMs: number): number | null {
  if (run.startedAt === null) return null;
  const endMs = run.endedAt === null ? nowMs : Date.parse(run.endedAt);
  return Math.max(0, (endMs - Date.parse(run.startedAt)) / 1000);
}

/** How long ago a moment is, in words. */
export function ago(at: string, nowMs: number): string {
  const words = strings.runs.ago;
  const minutes = Math.floor((nowMs - Date.parse(at)) / 60_000);
  if (minutes < 1) return words.now;
  if (minutes < 60) return words.minutes(minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? words.hours(hours) : words.days(Math.floor(hours / 24));
}
