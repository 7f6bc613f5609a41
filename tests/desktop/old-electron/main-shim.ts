/** What the shell uses and Electron 9 (Node 12) lacks. For these tests alone; evaluated before the shell's own code. */
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return */
import { app, ipcMain, session } from 'electron';

declare const require: (name: string) => any;
const global_ = globalThis as any;

function add(target: any, name: string, value: unknown): void {
  if (target[name] === undefined) Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

add(Object, 'hasOwn', (target: object, name: PropertyKey) => Object.prototype.hasOwnProperty.call(target, name));
add(Array.prototype, 'at', function (this: unknown[], index: number) {
  return this[index < 0 ? this.length + index : index];
});
add(String.prototype, 'replaceAll', function (this: string, from: string, to: string) {
  return this.split(from).join(to);
});

/** As much of AbortController as the shell uses. */
class Signal {
  aborted = false;
  readonly listeners: (() => void)[] = [];
  addEventListener(_name: string, listener: () => void): void {
    this.listeners.push(listener);
  }
}
add(
  global_,
  'AbortController',
  class {
    readonly signal = new Signal();
    abort(): void {
      if (this.signal.aborted) return;
      this.signal.aborted = true;
      for (const listener of this.signal.listeners) listener();
    }
  },
);

add(global_, 'performance', require('perf_hooks').performance);

const fs = require('fs');
add(fs, 'rmSync', (file: string, options: { force?: boolean } = {}) => {
  try {
    if (fs.lstatSync(file).isDirectory()) fs.rmdirSync(file, { recursive: true });
    else fs.unlinkSync(file);
  } catch (thrown) {
    if (options.force !== true) throw thrown;
  }
});

const { Readable, PassThrough } = require('stream');
// Where web streams are missing, Node's own are handed through as they are.
add(Readable, 'toWeb', (stream: unknown) => stream);
add(Readable, 'fromWeb', (stream: unknown) => stream);

class OldResponse {
  readonly body: unknown;
  readonly status: number;
  readonly headers: Record<string, string>;
  constructor(body: unknown, options: { status?: number; headers?: Record<string, string> } = {}) {
    this.body = body;
    this.status = options.status ?? 200;
    this.headers = options.headers ?? {};
  }
  /** The body as the stream that Electron 9 takes. */
  get data(): unknown {
    if (this.body === null || this.body === undefined) {
      const empty = new PassThrough();
      empty.end();
      return empty;
    }
    if (typeof this.body === 'string' || this.body instanceof Uint8Array) return Readable.from([Buffer.from(this.body as string)]);
    return this.body;
  }
}
add(global_, 'Response', OldResponse);

interface OldRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly uploadData?: { bytes?: Buffer; blobUUID?: string }[];
}

/** Electron 9 keeps the content type to itself. */
async function modernRequest(old: OldRequest): Promise<unknown> {
  const parts = await Promise.all((old.uploadData ?? []).map((part) => part.bytes ?? (session.defaultSession as any).getBlobData(part.blobUUID)));
  const bytes = Buffer.concat(parts);
  const headers = new Map(Object.entries(old.headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (bytes.length > 0) headers.set('content-length', String(bytes.length));
  if (bytes.length > 0 && !headers.has('content-type')) headers.set('content-type', old.url.includes('/call/') ? 'application/json' : 'application/octet-stream');
  return {
    url: old.url,
    method: old.method,
    headers,
    body: bytes.length === 0 ? null : Readable.from([bytes]),
    text: () => Promise.resolve(bytes.toString('utf8')),
  };
}

const mainFrame = (contents: any): unknown => ({ url: contents.getURL(), parent: null });

app.on('web-contents-created', (_event, contents: any) => {
  add(contents, 'setWindowOpenHandler', (handler: (details: { url: string }) => unknown) => {
    contents.on('new-window', (event: any, url: string) => {
      event.preventDefault();
      handler({ url });
    });
  });
  if (contents.mainFrame === undefined) Object.defineProperty(contents, 'mainFrame', { get: () => mainFrame(contents) });
});

for (const name of ['handle', 'on'] as const) {
  const original = (ipcMain as any)[name].bind(ipcMain);
  (ipcMain as any)[name] = (channel: string, listener: (...args: any[]) => unknown) =>
    original(channel, (event: any, ...args: unknown[]) => {
      event.senderFrame ??= mainFrame(event.sender);
      return listener(event, ...args);
    });
}

app.once('ready', () => {
  const own = session.defaultSession as any;
  add(own, 'setDevicePermissionHandler', () => undefined);
  add(own.protocol, 'handle', (scheme: string, answer: (request: any) => Promise<any>) => {
    own.protocol.registerStreamProtocol(scheme, (old: OldRequest, reply: (answer: unknown) => void) => {
      void modernRequest(old)
        .then(answer)
        .then((response) => reply({ statusCode: response.status, headers: response.headers, data: response.data }));
    });
  });
});
