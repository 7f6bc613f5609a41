import * as z from 'zod';
import { COMMON_ERRORS, DEFAULT_BODY_BYTES, STORAGE_ERRORS, type CallDefinition, type Reply } from '#shared/contract/define.ts';
import { PenumbraError, toErrorValue, type ErrorCode, type ErrorValue } from '#shared/errors.ts';

/** Calls by name, without a transport. */
export interface CallTable {
  call(name: string, input: unknown): Promise<Reply<unknown>>;
  /** Most bytes of JSON this call accepts. */
  callLimit(name: string): number;
}

export interface AnswerOptions {
  readonly readOnly: boolean;
  /** Told of every failure that is a defect rather than an answer. */
  readonly onDefect: (call: string, thrown: unknown) => void;
  /** For tests: parse outputs too, and treat error codes that the contract does not declare as defects. */
  readonly strict?: boolean;
}

/** Handlers by call name. `CallHandlers` and `HostCallHandlers` have checked that each belongs to its definition. */
type Handlers = Readonly<Record<string, (input: never) => unknown>>;

export function createCallTable(definitions: readonly CallDefinition[], handlers: Handlers, options: AnswerOptions): CallTable {
  const table = new Map(definitions.map((definition) => [definition.name, definition]));
  return {
    async call(name, input) {
      const definition = table.get(name);
      const handle = handlers[name] as ((parsed: unknown) => unknown) | undefined;
      if (definition === undefined || handle === undefined) {
        const error = new PenumbraError('NOT_FOUND', `there is no call "${name}"`, {
          remedy: 'See docs/api.md for the calls of this version.',
          details: { unknown: 'call' },
        });
        return { ok: false, error: error.toValue() };
      }
      const errors = definition.mutates ? [...definition.errors, ...STORAGE_ERRORS] : definition.errors;
      return answer(name, { errors, output: definition.output }, options, () => {
        const parsed = parseInput(name, definition.input, input);
        if (definition.mutates && options.readOnly) throw readOnlyError(name);
        return handle(parsed);
      });
    },
    callLimit: (name) => table.get(name)?.maxBodyBytes ?? DEFAULT_BODY_BYTES,
  };
}

/** Runs one answer; what is thrown becomes an error value. */
export async function answer(
  what: string,
  contract: { readonly errors: readonly ErrorCode[]; readonly output: z.ZodType | undefined },
  options: AnswerOptions,
  work: () => unknown,
): Promise<Reply<unknown>> {
  try {
    const value = await work();
    if (options.strict === true && contract.output !== undefined) return { ok: true, value: checkOutput(what, contract.output, value) };
    return { ok: true, value };
  } catch (thrown) {
    const error = toErrorValue(thrown);
    const declared = contract.errors.includes(error.code) || COMMON_ERRORS.includes(error.code);
    if (error.code === 'INTERNAL' || !declared) options.onDefect(what, thrown);
    if (options.strict === true && !declared) return { ok: false, error: undeclared(what, error) };
    return { ok: false, error };
  }
}

/** Throws BAD_REQUEST that names the field. */
export function parseInput(what: string, schema: z.ZodType, input: unknown): unknown {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
  const first = issues[0];
  const where = first === undefined || first.path === '' ? 'the input' : first.path;
  throw new PenumbraError('BAD_REQUEST', `${what}: ${where}: ${first?.message ?? 'malformed'}`, {
    remedy: 'Send what docs/api.md describes for this call.',
    details: { path: first?.path ?? '', issues },
  });
}

export function readOnlyError(what: string): PenumbraError {
  return new PenumbraError('PROJECT_READ_ONLY', `${what} changes the project, and the project is open read-only`, {
    remedy: 'Give the project folder write permission, or copy it to a folder you own, and open it again.',
  });
}

function checkOutput(what: string, schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`${what}: the answer breaks its own contract: ${z.prettifyError(parsed.error)}`);
}

function undeclared(what: string, error: ErrorValue): ErrorValue {
  return { ...error, code: 'INTERNAL', message: `${what} answered ${error.code}, which its contract does not declare: ${error.message}` };
}
