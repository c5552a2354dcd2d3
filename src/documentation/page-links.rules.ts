/** Pages beside those of `docs/`, and what they are called. */
const outside: Readonly<Record<string, string>> = {
  'README.md': 'readme',
  'SECURITY.md': 'reporting',
  'CHANGELOG.md': 'changelog',
};

/** `docs/api.md` is `api`; null for what is not served. */
export function pageNameOf(path: string): string | null {
  return outside[path] ?? /^docs\/([a-z0-9-]+)\.md$/.exec(path)?.[1] ?? null;
}

/**
 * Where a link of a page leads when it is served; null when it leads nowhere that is served or safe.
 * @param served paths of the pages that there are
 */
export function servedLink(href: string, from: string, served: ReadonlySet<string>): string | null {
  if (/^https?:\/\//i.test(href)) return URL.canParse(href) ? new URL(href).href : null;
  if (href.startsWith('#')) return href;
  if (/^[a-z][a-z0-9+.-]*:|^\/|\\/i.test(href)) return null;
  const { pathname, hash } = new URL(href, `https://posthorn.invalid/${from}`);
  const path = pathname.slice(1);
  const name = pageNameOf(path);
  return name !== null && served.has(path) ? `/docs/guide/${name}${hash}` : null;
}

/** The id of a heading, as GitHub makes it, so that links work in both places. `used` counts those before. */
export function headingId(text: string, used: Map<string, number>): string {
  const slug = text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
  const times = used.get(slug) ?? 0;
  used.set(slug, times + 1);
  return times === 0 ? slug : `${slug}-${times}`;
}
