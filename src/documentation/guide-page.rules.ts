import { type Html, html } from '../html.rules.ts';

export type ShownPage = {
  name: string;
  title: string;
  /** Rendered: nothing in it is to be escaped any more. */
  html: string;
  headings: readonly { id: string; text: string; depth: number }[];
};

type Listed = { name: string; title: string };

/** A page with the list of all pages beside it. No script, nothing from elsewhere. */
export function guidePage(page: ShownPage, all: readonly Listed[], release: string): string {
  const parts = page.headings.filter(({ depth }) => depth === 2);
  const here = html`<ul class="parts">${parts.map(({ id, text }) => html`<li><a href="#${id}">${text}</a></li>`)}</ul>`;
  return layout(page.title, menu(all, page.name, here), { html: page.html }, release);
}

/** The list of all pages. */
export function guideIndex(all: readonly Listed[], release: string): string {
  const body = html`<h1>Documentation</h1>
<p>The guide of this very release. Every call is in the <a href="/docs">API reference</a>.</p>
<ul>${all.map(({ name, title }) => html`<li><a href="/docs/guide/${name}">${title}</a></li>`)}</ul>`;
  return layout('Documentation', menu(all, null, html``), body, release);
}

function menu(all: readonly Listed[], current: string | null, here: Html): Html {
  return html`<h2>Documentation</h2><ul>${all.map(({ name, title }) =>
    name === current
      ? html`<li><a href="/docs/guide/${name}" aria-current="page">${title}</a>${here}</li>`
      : html`<li><a href="/docs/guide/${name}">${title}</a></li>`,
  )}<li><a href="/docs">API reference</a></li></ul>`;
}

function layout(title: string, contents: Html, body: Html, release: string): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Posthorn</title><link rel="stylesheet" href="/docs/style.css"><link rel="stylesheet" href="/docs/guide/style.css">
<link rel="icon" href="data:,"><meta name="posthorn-release" content="${release}"></head>
<body><nav aria-label="Contents"><details><summary>Contents</summary>${contents}</details></nav>
<main class="guide">${body}<footer><p class="version">Posthorn ${release}</p></footer></main></body></html>`.html;
}

/** On top of the look of the reference. */
export const guideStyle = `
.guide h2 { margin: 2.5rem 0 .4rem; font-size: 1.35rem; }
.guide li { margin: .25rem 0; max-width: 44rem; }
.guide td:nth-child(n) { width: auto; }
.guide th, .guide td { min-width: 7rem; }
.guide td code { overflow-wrap: anywhere; }
.guide footer { margin-top: 4rem; border-top: 1px solid var(--line); }
nav a[aria-current] { background: var(--line); font-weight: 600; }
nav ul.parts { padding-left: .75rem; }
@media (max-width: 48rem) {
  .guide a { overflow-wrap: anywhere; }
  .guide thead { display: table-header-group; } .guide tbody { display: table-row-group; } .guide tr { display: table-row; }
  .guide td:nth-child(n) { display: table-cell; padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); }
  .guide th, .guide td { min-width: 5rem; }
}
`;
