import { codeSpans, type Html, html, prose } from '../html.rules.ts';
import { problemCodes } from '../problem.ts';
import { type DocumentedSchema, exampleOf, outline, requestExampleOf, typeOf } from './schema-outline.rules.ts';

type Parameter = { name: string; in: string; required?: boolean; description?: string; schema?: DocumentedSchema };
type Body = { content?: Record<string, { schema?: DocumentedSchema }> };
type Operation = {
  operationId: string;
  summary: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: Body;
  responses?: Record<string, Body & { description?: string }>;
  'x-permission'?: string;
};

/** The OpenAPI document as far as the page shows it. */
export type OpenApiDocument = {
  info: { title: string; version: string; description?: string };
  tags?: { name: string }[];
  paths?: Record<string, Record<string, Operation>>;
};

type Entry = { methods: readonly [string, ...string[]]; path: string; operation: Operation };

/** The reference of every call: one page, no script, nothing from elsewhere. */
export function referencePage(document: OpenApiDocument): string {
  const entries = Object.entries(document.paths ?? {}).flatMap(([path, methods]) => entriesOf(path, methods));
  const names = [...(document.tags ?? []).map((tag) => tag.name), 'Other'];
  const groups = names
    .map((name) => ({ name, entries: entries.filter(({ operation }) => (operation.tags?.[0] ?? 'Other') === name) }))
    .filter((group) => group.entries.length > 0);
  const menu = groups.map((group) => html`<h2>${group.name}</h2><ul>${group.entries.map(menuItem)}</ul>`);
  const body = html`
    <header><h1>${document.info.title} API</h1><p class="version">Version ${document.info.version} ·
    <a href="/openapi.json">OpenAPI 3.1</a> · <a href="/docs/problems">Problem codes</a></p>
    ${prose(document.info.description ?? '')}</header>
    ${groups.map((group) => html`<section><h2 class="group">${group.name}</h2>${group.entries.map(article)}</section>`)}`;
  return page(`${document.info.title} API`, menu, body);
}

/** Every problem code and what it means. */
export function problemsPage(): string {
  const codes = Object.entries(problemCodes);
  const menu = html`<h2>Problem codes</h2><ul>${codes.map(([code]) => html`<li><a href="#${code}">${code}</a></li>`)}</ul>`;
  const body = html`
    <header><h1>Problem codes</h1><p class="version"><a href="/docs">API reference</a></p>
    <p>Every error is <code>application/problem+json</code> (RFC 9457). Branch on <code>code</code>: the set is closed.
    <code>detail</code> tells of the very case, <code>errors</code> says where, and <code>instance</code> is the
    request's id in the log.</p></header>
    <div class="scroll"><table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead><tbody>
    ${codes.map(
      ([code, { status, title }]) =>
        html`<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td></tr>`,
    )}</tbody></table></div>`;
  return page('Posthorn problem codes', [menu], body);
}

function page(title: string, menu: readonly Html[], body: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="stylesheet" href="/docs/style.css"><link rel="icon" href="data:,"></head>
<body><nav aria-label="Contents"><details><summary>Contents</summary>${menu}</details></nav><main>${body}</main></body></html>`
    .html;
}

/** The calls of a path. Methods that say the very same are one call. */
function entriesOf(path: string, operations: Record<string, Operation>): Entry[] {
  const entries: Entry[] = [];
  for (const [method, operation] of Object.entries(operations)) {
    const same = entries.findIndex(({ operation: { summary } }) => summary === operation.summary);
    const entry = entries[same];
    if (entry === undefined) entries.push({ methods: [method], path, operation });
    else entries[same] = { ...entry, methods: [...entry.methods, method] };
  }
  return entries;
}

function menuItem({ methods: [method], operation }: Entry): Html {
  return html`<li><a href="#${operation.operationId}"><span class="method ${method}">${method}</span>${operation.summary}</a></li>`;
}

function article({ methods, path, operation }: Entry): Html {
  const permission = operation['x-permission'];
  const body = Object.entries(operation.requestBody?.content ?? {})[0];
  return html`<article id="${operation.operationId}"><h3>${operation.summary}</h3>
    <p class="call">${methods.map((method) => html`<span class="method ${method}">${method}</span> `)}<code>${breakable(path)}</code></p>
    ${permission === undefined || permission === 'public' ? [] : [html`<p class="permission">${permissionText(permission)}</p>`]}
    ${prose(operation.description ?? '')}
    ${parameters(operation.parameters ?? [])}
    ${body?.[1].schema === undefined ? [] : [requestBody(body[0], body[1].schema)]}
    ${Object.entries(operation.responses ?? {}).flatMap(([status, response]) => answer(status, response))}
    </article>`;
}

function permissionText(permission: string): Html[] {
  return permission === 'operator' ? codeSpans('Needs the operator key.') : codeSpans(`Needs \`${permission}\`.`);
}

function parameters(all: readonly Parameter[]): Html[] {
  const shown = all.filter((one) => one.in !== 'path');
  if (shown.length === 0) return [];
  const rows = shown.map((one) => {
    const schema: DocumentedSchema = {
      ...one.schema,
      ...(one.description === undefined ? {} : { description: one.description }),
    };
    const [row] = outline({ properties: { [one.name]: schema }, required: one.required === true ? [one.name] : [] });
    return {
      path: one.in === 'header' ? `${one.name} (header)` : one.name,
      type: typeOf(schema),
      required: one.required === true,
      notes: row?.notes ?? '',
    };
  });
  return [html`<h4>Parameters</h4>${table(rows)}`];
}

function requestBody(contentType: string, schema: DocumentedSchema): Html {
  return html`<h4>Body <span class="type">${contentType}</span></h4>${table(outline(schema))}${json(requestExampleOf(schema))}`;
}

function answer(status: string, response: Body & { description?: string }): Html[] {
  if (Number(status) >= 400) return [];
  const schema = Object.values(response.content ?? {})[0]?.schema;
  if (schema === undefined || schema.type === 'null')
    return [html`<h4>Answer <span class="type">${status}</span></h4>`];
  const rows = outline(schema);
  return [
    html`<h4>Answer <span class="type">${status}</span></h4>
    ${rows.length === 0 ? [] : [html`<details><summary>Fields</summary>${table(rows)}</details>`]}${json(exampleOf(schema))}`,
  ];
}

function table(rows: readonly { path: string; type: string; required: boolean; notes: string }[]): Html[] {
  if (rows.length === 0) return [];
  const lines = rows.map(
    ({ path, type, required, notes }) =>
      html`<tr><td><code>${breakable(path)}</code>${required ? [html`<span class="required">required</span>`] : []}</td>
      <td class="type">${type}</td><td>${codeSpans(notes)}</td></tr>`,
  );
  return [html`<div class="scroll"><table><tbody>${lines}</tbody></table></div>`];
}

function json(value: unknown): Html {
  return html`<pre>${JSON.stringify(value, null, 2)}</pre>`;
}

/** A path or a dotted name that may go on in the next line behind a slash or a dot. */
function breakable(name: string): Html[] {
  return name.split(/(?<=[/.])/).map((part, index) => (index === 0 ? html`${part}` : html`<wbr>${part}`));
}
