/** HTML that needs no escaping any more. */
export type Html = { readonly html: string };

type Part = Html | string | number | readonly Html[];

/** A template whose every hole is escaped, unless it is `Html` already. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = strings[0] ?? '';
  parts.forEach((part, index) => {
    text += render(part) + (strings[index + 1] ?? '');
  });
  return { html: text };
}

/** Prose with `code` spans, `- ` lists and blank lines between paragraphs: as much Markdown as our own texts use. */
export function prose(text: string): Html[] {
  return text.split(/\n\n+/).map((block) => {
    const lines = block.split('\n');
    if (!lines.every((line) => line.startsWith('- '))) return html`<p>${codeSpans(block)}</p>`;
    return html`<ul>${lines.map((line) => html`<li>${codeSpans(line.slice(2))}</li>`)}</ul>`;
  });
}

/** One line of prose. */
export function codeSpans(text: string): Html[] {
  return text.split('`').map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));
}

function render(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escape(String(part));
  if ('html' in part) return part.html;
  return part.map((each) => each.html).join('');
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
