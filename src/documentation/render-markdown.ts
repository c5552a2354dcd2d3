import { Marked, type Tokens } from 'marked';
import { html } from '../html.rules.ts';
import { headingId, servedLink } from './page-links.rules.ts';

export type Heading = { id: string; text: string; depth: number };

/** A page as HTML; `links` is where its links lead, `dropped` what leads nowhere that is served. */
export type RenderedMarkdown = { html: string; headings: Heading[]; links: string[]; dropped: string[] };

/**
 * Renders a page of ours. What it has of HTML is shown as text, pictures by their description, and links lead to pages
 * that are served, to places of the page and to https: nothing of a page runs or is fetched.
 */
export function renderMarkdown(text: string, path: string, served: ReadonlySet<string>): RenderedMarkdown {
  const used = new Map<string, number>();
  const headings: Heading[] = [];
  const links: string[] = [];
  const dropped: string[] = [];
  const marked = new Marked({
    gfm: true,
    async: false,
    renderer: {
      // A comment marks a place for whoever makes a part of the page.
      html: ({ text: raw }: Tokens.HTML | Tokens.Tag) => (/^<!--.*-->\s*$/s.test(raw) ? '' : html`${raw}`.html),
      image: ({ text: description }: Tokens.Image) => html`${description}`.html,
      code: ({ text: code }: Tokens.Code) => html`<pre tabindex="0"><code>${code}</code></pre>`.html,
      heading({ tokens, depth, text: raw }: Tokens.Heading) {
        const plain = raw.replaceAll('`', '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
        const id = headingId(plain, used);
        headings.push({ id, text: plain, depth });
        const inner = { html: this.parser.parseInline(tokens) };
        const tag = { html: `h${depth}` };
        return html`<${tag} id="${id}">${inner}</${tag}>\n`.html;
      },
      link({ href, tokens }: Tokens.Link) {
        const inner = { html: this.parser.parseInline(tokens) };
        const target = servedLink(href, path, served);
        if (target === null) {
          dropped.push(href);
          return inner.html;
        }
        links.push(target);
        return html`<a href="${target}">${inner}</a>`.html;
      },
      table({ header, rows }: Tokens.Table) {
        const cells = (row: readonly Tokens.TableCell[], tag: 'th' | 'td'): string =>
          row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('');
        const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n');
        return `<div class="scroll" tabindex="0"><table><thead><tr>${cells(header, 'th')}</tr></thead><tbody>${body}</tbody></table></div>\n`;
      },
    },
  });
  return { html: marked.parse(text) as string, headings, links, dropped };
}
