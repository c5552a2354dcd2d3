import { counted, failed, listed, passed } from '../../finding.rules.ts';
import type { Finding } from '../../finding.ts';
import type { ServedPage } from '../../instruments.ts';

export type ServedDocumentation = {
  /** Of the gateway that runs. */
  release: string;
  pages: readonly ServedPage[];
  /** What the page on the catalogue, which is made from it, has to name. */
  checks: readonly string[];
};

const cataloguePage = 'readiness-catalogue';

/** Pages are of the release that runs, lead to places that there are, and what is made by machine is up to date. */
export function judgeDocumentation({ release, pages, checks }: ServedDocumentation): Finding {
  const foreign = pages.filter((page) => page.release !== release);
  const places = new Set(pages.flatMap(({ name, ids }) => [name, ...ids.map((id) => `${name}#${id}`)]));
  const broken = pages.flatMap(({ name, links }) =>
    links.filter((link) => !places.has(link)).map((link) => `${link} in ${name}`),
  );
  const words = new Set(pages.find(({ name }) => name === cataloguePage)?.text.match(/[a-z0-9.-]+/g));
  const missing = checks.filter((check) => !words.has(check));
  const values = { pages: pages.length, brokenLinks: broken.length, checksNotDescribed: missing.length };
  if (pages.length === 0) return failed('No documentation is served: the release came without.', values);
  if (foreign.length > 0) {
    const theirs = [...new Set(foreign.map((page) => page.release || 'none'))];
    return failed(`${release} runs, and ${counted(foreign.length, 'page')} are of ${listed(theirs)}.`, values);
  }
  if (broken.length > 0) return failed(`Links that lead nowhere: ${listed(broken)}.`, values);
  if (missing.length > 0) return failed(`The page on the catalogue has not: ${listed(missing)}.`, values);
  return passed(`${counted(pages.length, 'page')} of ${release}, and every link leads somewhere.`, values);
}
