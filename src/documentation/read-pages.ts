import { readdir, readFile } from 'node:fs/promises';
import { pageNameOf } from './page-links.rules.ts';
import { type Heading, renderMarkdown } from './render-markdown.ts';

/** A page that is served. `text` is its source. */
type GuidePage = {
  name: string;
  path: string;
  title: string;
  text: string;
  html: string;
  headings: readonly Heading[];
  links: readonly string[];
};

/** Of the release: the folder above `src`, or above `dist` in a package. */
const ownRelease = new URL('../../', import.meta.url);

/** The documentation of a release, as it came with it. `pages` by name; none where it came without. */
export type Guide = { release: string; pages: ReadonlyMap<string, GuidePage> };

export async function readGuide(folder: URL = ownRelease): Promise<Guide> {
  const { version } = JSON.parse(await readFile(new URL('package.json', folder), 'utf8')) as { version: string };
  return { release: version, pages: await readPages(folder) };
}

async function readPages(release: URL): Promise<ReadonlyMap<string, GuidePage>> {
  const inDocs = await readdir(new URL('docs/', release)).catch(() => []);
  const paths = [
    'README.md',
    ...inDocs.toSorted((one, other) => (one < other ? -1 : 1)).map((file) => `docs/${file}`),
    'SECURITY.md',
    'CHANGELOG.md',
  ];
  const found: { name: string; path: string; text: string }[] = [];
  for (const path of paths) {
    const name = pageNameOf(path);
    const text = name === null ? null : await readFile(new URL(path, release), 'utf8').catch(() => null);
    if (name !== null && text !== null) found.push({ name, path, text });
  }
  const served = new Set(found.map(({ path }) => path));
  return new Map(
    found.map(({ name, path, text }) => {
      const { html, headings, links } = renderMarkdown(text, path, served);
      const title = headings.find(({ depth }) => depth === 1)?.text ?? name;
      return [name, { name, path, title, text, html, headings, links }];
    }),
  );
}
