import type { ServerResponse } from 'node:http';
import type { ErrorCode, ErrorValue } from '#shared/errors.ts';
import { PenumbraError } from '#shared/errors.ts';

/** Statuses of failures of transport itself. Error values of a call that was reached travel with status 200. */
const TRANSPORT_STATUS: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN_ORIGIN: 403,
  NOT_FOUND: 404,
  FILE_MISSING: 404,
  DATASET_ROOT_MISSING: 404,
  IMAGE_UNREADABLE: 422,
  IMAGE_TRUNCATED: 422,
  IMAGE_TOO_LARGE: 422,
  IMAGE_UNSUPPORTED: 422,
  ARTIFACT_NOT_FOUND: 404,
  RUN_NOT_FOUND: 404,
  OTHER_PROJECT: 409,
  BODY_TOO_LARGE: 413,
  SHUTTING_DOWN: 503,
};

export function statusOf(code: ErrorCode): number {
  return TRANSPORT_STATUS[code] ?? 500;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': bytes.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(bytes);
}

/** Answers with an error value and the status that goes with its code. */
export function sendTransportError(response: ServerResponse, error: ErrorValue): void {
  sendJson(response, statusOf(error.code), { ok: false, error });
}

export const shuttingDown = (): PenumbraError =>
  new PenumbraError('SHUTTING_DOWN', 'the core is shutting down and takes no new calls', {
    remedy: 'Open the project again in a moment.',
  });
