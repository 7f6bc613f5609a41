/**
 * Writes docs/api.md from the contract schemas; with --check only says whether it is up to date.
 * Run with the pinned Node: `npm run docs:api [-- --check]`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import * as contract from '#shared/contract/index.ts';
import { blobs, calls, events, hostCalls } from '#shared/contract/index.ts';
import { COMMON_ERRORS, PROJECT_HEADER, STORAGE_ERRORS, type CallDefinition } from '#shared/contract/define.ts';
import * as artifact from '#shared/domain/artifact.ts';
import * as classes from '#shared/domain/classes.ts';
import * as ids from '#shared/domain/ids.ts';
import * as run from '#shared/domain/run.ts';
import * as score from '#shared/domain/score.ts';
import * as supervision from '#shared/domain/supervision.ts';
import * as errors from '#shared/errors.ts';

const FILE = new URL('../docs/api.md', import.meta.url);

type Schema = Readonly<Record<string, unknown>>;

/** Schemas exported under a name: written once, under Types, and referred to elsewhere. */
const namedTypes = new Map<string, z.ZodType>();
const { dataset, edits, host, project, runs, scores, system } = contract;
for (const module of [errors, ids, artifact, classes, run, score, supervision, dataset, edits, host, project, runs, scores, system]) {
  for (const [name, value] of Object.entries(module)) {
    if (!(value instanceof z.ZodType) || namedTypes.has(name)) continue;
    z.globalRegistry.add(value, { ...z.globalRegistry.get(value), id: name });
    namedTypes.set(name, value);
  }
}

const INTRO = `# API

Generated from the schemas in \`src/shared/contract\` by \`npm run docs:api\`. Do not edit.

The core answers on a Unix socket (a named pipe on Windows) that only its user can reach; its address stands in the project's
\`project.lock\`. \`penumbra serve\` puts the same API on loopback for a browser: a one-time link becomes a session cookie, and Host and Origin are checked.

- **Calls**: \`POST /api/call/NAME\`, JSON in, \`{"ok": true, "value": …}\` or \`{"ok": false, "error": {code, message, remedy, details}}\` out. The status
  is 200 for both; other statuses mean that the call was not reached (400 malformed request, 401 no session, 403 foreign origin, 404 unknown name,
  409 another project is open, 413 body too large, 503 shutting down), and carry an error value too. Any call may answer ${COMMON_ERRORS.join(', ')}
  (BAD_REQUEST: \`details.path\` names the field), and one that changes the project ${STORAGE_ERRORS.join(', ')}.
  A call with the header \`${PROJECT_HEADER}: ID\` is answered by that project alone, OTHER_PROJECT by any other.
- **Events**: \`GET /api/events?after=N\`, one JSON object \`{"number", "name", "payload"}\` a line; empty lines keep the connection alive. Numbers grow by
  one. After a gap, or when the core was started anew, the first line is \`system.resync\`: fetch state again and go on from its number.
- **Blobs**: \`GET\` or \`PUT /api/blob/NAME/ID\`. GET answers with ETag, conditional requests and single byte ranges.

Types are written as in TypeScript; \`int\` is a whole number, \`"a" | "b"\` a choice, \`T?\` optional.
`;

const HOST_INTRO = `## Host

What serves the page (\`penumbra serve\`, the Electron shell) holds one current project, runs or attaches to its core, and forwards \`/api/\` to it.
It answers calls of its own at \`POST /host/call/NAME\`, in the same form, whether or not a project is open. While the core is away, \`/api/\` answers
503 SHUTTING_DOWN; a page then asks \`host.state\`, and follows the events of the core that comes next. Another \`projectId\` in \`system.hello\` means that
the project was changed: fetch all state anew.
`;

function render(): string {
  const parts = [INTRO, '## Calls\n', ...calls.flatMap(callText)];
  parts.push('## Events\n');
  for (const event of events) parts.push(`### ${event.name}\n\n${event.summary}\n\n${fieldsOf(toJson(event.payload, 'output'))}`);
  parts.push('## Blobs\n');
  for (const blob of blobs) {
    const limit = blob.maxBytes > 0 ? ` PUT accepts at most ${blob.maxBytes / 1024 ** 2} MiB.` : '';
    parts.push(`### ${blob.name}\n\n${blob.summary}\n`);
    parts.push(`${blob.methods.join(', ')} \`/api/blob/${blob.name}/ID\`, ID ${typeText(toJson(blob.id, 'input'))}, ${blob.contentType}.${limit}\n`);
    if (blob.putOutput !== undefined) parts.push(`PUT answers with\n\n${fieldsOf(toJson(blob.putOutput, 'output'))}`);
    parts.push(`Errors: ${blob.errors.join(', ')}\n`);
  }
  parts.push(HOST_INTRO, ...hostCalls.flatMap(callText));
  parts.push('## Types\n');
  for (const name of [...usedTypes].sort()) {
    const schema = namedTypes.get(name);
    if (schema !== undefined) parts.push(`### ${name}\n\n${fieldsOf(definitionOf(schema, name))}`);
  }
  return parts.join('\n');
}

function callText(call: CallDefinition): string[] {
  const parts = [`### ${call.name}\n\n${call.summary}\n`];
  if (call.mutates) parts.push('Changes the project; refused with PROJECT_READ_ONLY when it is open read-only.\n');
  parts.push(`Input\n\n${fieldsOf(toJson(call.input, 'input'))}`);
  parts.push(`Output\n\n${fieldsOf(toJson(call.output, 'output'))}`);
  if (call.errors.length > 0) parts.push(`Errors: ${call.errors.join(', ')}\n`);
  return parts;
}

/** Named types met so far, those they consist of included. */
const usedTypes = new Set<string>();

function toJson(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const name = z.globalRegistry.get(schema)?.id;
  const json = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  for (const used of Object.keys(json.$defs ?? {})) if (namedTypes.has(used)) usedTypes.add(used);
  if (name === undefined) return json;
  usedTypes.add(name);
  return { $ref: `#/$defs/${name}` };
}

/** The fields of a named type itself. */
function definitionOf(schema: z.ZodType, name: string): Schema {
  const json: Schema = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' });
  if (json['$ref'] === undefined) return json;
  return (json['$defs'] as Readonly<Record<string, Schema>>)[name] ?? json;
}

/** The top level as a table of fields; everything below as a type. */
function fieldsOf(schema: Schema): string {
  const properties = schema['properties'] as Readonly<Record<string, Schema>> | undefined;
  if (schema['type'] !== 'object' || properties === undefined) return `\`${typeText(schema)}\`\n`;
  const rows = Object.entries(properties);
  if (rows.length === 0) return '`{}`\n';
  const required = (schema['required'] ?? []) as readonly string[];
  const lines = rows.map(([name, field]) => {
    const fallback = 'default' in field ? `default \`${JSON.stringify(field['default'])}\`` : '';
    const notes = [typeof field['description'] === 'string' ? field['description'] : '', fallback].filter((note) => note !== '');
    return `| ${name}${required.includes(name) ? '' : '?'} | ${code(typeText(field))} | ${cell(notes.join('; '))} |`;
  });
  return ['| field | type | |', '|-|-|-|', ...lines, ''].join('\n');
}

/** A JSON Schema as a TypeScript-like type. */
function typeText(schema: Schema): string {
  // Unnamed references are zod's own: the recursive schema of any JSON value.
  if (typeof schema['$ref'] === 'string') return /^#\/\$defs\/([A-Z]\w*)$/.exec(schema['$ref'])?.[1] ?? 'JSON';
  const types = schema['type'];
  if (Array.isArray(types)) return types.map((type: unknown) => typeText({ ...schema, type })).join(' | ');
  const choices = (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined;
  if (choices !== undefined) return [...new Set(choices.map(typeText))].join(' | ');
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  if (Array.isArray(schema['enum'])) return schema['enum'].map((choice) => JSON.stringify(choice)).join(' | ');
  switch (schema['type']) {
    case 'integer':
      return `int${rangeText(schema)}`;
    case 'number':
      return `number${rangeText(schema)}`;
    case 'string':
      if (typeof schema['format'] === 'string') return schema['format'] === 'date-time' ? 'ISO time' : schema['format'];
      return typeof schema['pattern'] === 'string' ? `string /${schema['pattern']}/` : 'string';
    case 'array':
      return arrayText(schema);
    case 'object':
      return objectText(schema);
    case 'boolean':
    case 'null':
      return schema['type'];
    default:
      return 'JSON';
  }
}

function rangeText(schema: Schema): string {
  const low = schema['minimum'] ?? schema['exclusiveMinimum'];
  const high = schema['maximum'] ?? schema['exclusiveMaximum'];
  const isBound = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  if (isBound(low) && isBound(high)) return ` ${low}–${high}`;
  return isBound(low) ? ` ≥ ${low}` : isBound(high) ? ` ≤ ${high}` : '';
}

function arrayText(schema: Schema): string {
  const tuple = schema['prefixItems'] as readonly Schema[] | undefined;
  if (tuple !== undefined) return `[${tuple.map(typeText).join(', ')}]`;
  const item = typeText((schema['items'] ?? {}) as Schema);
  return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
}

function objectText(schema: Schema): string {
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>);
  if (properties.length > 0) {
    const required = (schema['required'] ?? []) as readonly string[];
    return `{ ${properties.map(([name, field]) => `${name}${required.includes(name) ? '' : '?'}: ${typeText(field)}`).join('; ')} }`;
  }
  const values = schema['additionalProperties'];
  return typeof values === 'object' && values !== null ? `{ [name]: ${typeText(values as Schema)} }` : '{}';
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => `\`${cell(text)}\``;

const text = render();
if (process.argv.includes('--check')) {
  let found = '';
  try {
    found = readFileSync(FILE, 'utf8');
  } catch {
    // A missing file is as stale as an old one.
  }
  if (found === text) console.log('docs/api.md is up to date');
  else {
    console.error('docs/api.md is stale: run "npm run docs:api" and commit the result');
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, text);
}
