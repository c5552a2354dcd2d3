import type { ServedPage } from './instruments.ts';

/** Names of the pages that the served list of the documentation has. */
export function namesOfPages(list: string): string[] {
  return [...new Set([...list.matchAll(/href="\/docs\/guide\/([a-z0-9-]+)"/g)].map(([, name]) => name ?? ''))];
}

/** What a served page is, read out of its HTML. */
export function readServedPage(name: string, page: string): ServedPage {
  const links = [...page.matchAll(/<a href="(?:\/docs\/guide\/([a-z0-9-]+))?(?:#([^"]*))?"/g)];
  const main = page.slice(page.indexOf('<main'));
  return {
    name,
    release: /<meta name="posthorn-release" content="([^"]*)"/.exec(page)?.[1] ?? '',
    ids: [...page.matchAll(/<h\d id="([^"]+)"/g)].map(([, id]) => id ?? ''),
    links: links.map(([, target = name, id]) => (id === undefined ? target : `${target}#${id}`)),
    text: main.replaceAll(/<[^>]*>/g, ' '),
  };
}
