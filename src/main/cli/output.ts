import { PenumbraError, toErrorValue } from '#shared/errors.ts';
import type { ClientEvent } from '../client/events.ts';

/** The terminal as commands see it; tests hand in their own streams. */
export interface Terminal {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: { write(text: string): unknown };
}

/**
 * What a command says. For people: text on stdout, errors and side remarks on stderr.
 * With `--json`: one object a line on stdout, `{"type": "event" | "result" | "error", …}`, and nothing else there.
 */
export class Output {
  readonly json: boolean;
  readonly #terminal: Terminal;

  constructor(options: { json: boolean; terminal?: Terminal }) {
    this.json = options.json;
    this.#terminal = options.terminal ?? process;
  }

  /** True when progress may be redrawn in place. */
  get isInteractive(): boolean {
    return !this.json && this.#terminal.stdout.isTTY === true;
  }

  get columns(): number {
    return this.#terminal.stdout.columns ?? 80;
  }

  /** Text for people; silent with --json. */
  print(text: string): void {
    if (!this.json) this.#terminal.stdout.write(`${text}\n`);
  }

  /** Redraws the current line of an interactive terminal. */
  redraw(text: string): void {
    if (this.isInteractive) this.#terminal.stdout.write(`\r\x1b[2K${text}`);
  }

  /** A side remark for people, such as where a log lies. */
  remark(text: string): void {
    if (!this.json) this.#terminal.stderr.write(`${text}\n`);
  }

  event(event: ClientEvent): void {
    if (this.json) this.#line({ type: 'event', name: event.name, number: event.number, payload: event.payload });
  }

  /** The command's value: an object a line with --json, `text` for people. */
  result(value: unknown, text: () => string): void {
    if (this.json) this.#line({ type: 'result', value });
    else this.#terminal.stdout.write(`${text()}\n`);
  }

  fail(thrown: unknown): void {
    const error = toErrorValue(thrown);
    if (this.json) {
      this.#line({ type: 'error', error });
      return;
    }
    this.#terminal.stderr.write(`error: ${error.message}\n  ${error.remedy}\n`);
    if (process.env['PENUMBRA_DEBUG'] === '1' && thrown instanceof Error) this.#terminal.stderr.write(`${thrown.stack ?? ''}\n`);
  }

  #line(value: unknown): void {
    this.#terminal.stdout.write(`${JSON.stringify(value)}\n`);
  }
}

/** A mistake on the command line itself: exit code 2. */
export class UsageError extends PenumbraError {
  constructor(message: string, remedy: string) {
    super('BAD_REQUEST', message, { remedy });
    this.name = 'UsageError';
  }
}
