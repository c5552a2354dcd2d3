import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settings } from '../../src/configuration/settings.rules.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { pageAt, pages, prose, root } from './pages.ts';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const paint = new Proxy({}, { get: () => (text: string) => text }) as never;
const program = buildProgram({ out: () => undefined, err: () => undefined, paint, width: 80 });

/** Paths of the API, which are no files. */
const served = /^docs\/(?:problems|guide)(?:\/|$)/;

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

function anchorsOf(path: string): string[] {
  return [...prose(pageAt(path)).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading ?? ''));
}

describe.each(pages.map((page) => [page.path, page] as const))('%s', (path, page) => {
  it('links to files and headings that are there', () => {
    const broken: string[] = [];
    for (const [, target = ''] of prose(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? path : relative(root, join(root, dirname(path), file));
      if (!existsSync(join(root, linked))) broken.push(target);
      else if (anchor !== undefined && !anchorsOf(linked).includes(anchor)) broken.push(target);
    }
    expect(broken).toEqual([]);
  });

  it('names files, npm scripts, settings and verbs that are there', () => {
    const missing: string[] = [];
    const said = page.text;
    for (const [name = ''] of said.matchAll(/\b(?:src|bench|docs|tests|scripts)\/[\w./-]*\w/g)) {
      if (served.test(name) || existsSync(join(root, name)) || existsSync(join(root, `${name}.json`))) continue;
      missing.push(name);
    }
    for (const [, script = ''] of said.matchAll(/npm run ([\w:-]+)/g)) {
      if (!(script in manifest.scripts)) missing.push(`npm run ${script}`);
    }
    for (const [name] of said.matchAll(/\bPOSTHORN_[A-Z_]*[A-Z]\b/g)) {
      if (!(name in settings) && !name.startsWith('POSTHORN_TEST_')) missing.push(name);
    }
    for (const [, verb = '', rest = ''] of said.matchAll(/(?:`|npx |posthorn\.ts |^)posthorn (\w+)\b([^`\n]*)/gm)) {
      let command = program.commands.find((each) => each.name() === verb);
      if (command === undefined) missing.push(`posthorn ${verb}`);
      for (const [word] of rest.matchAll(/[a-z][a-z-]*/g)) {
        const below = command?.commands.find((each) => each.name() === word);
        if (below === undefined) break;
        command = below;
      }
      for (const [option] of rest.matchAll(/--[\w-]+/g)) {
        if (!command?.options.some((each) => each.long === option)) missing.push(`posthorn ${verb} ${option}`);
      }
    }
    expect(missing).toEqual([]);
  });
});

it('every page of docs is linked from the README', () => {
  const linked = [...pageAt('README.md').text.matchAll(/\]\((docs\/[\w-]+\.md)/g)].map(([, path]) => path);
  const unlinked = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/') && !linked.includes(path));
  expect(unlinked).toEqual([]);
});

it('the page of the benchmark keeps the place where its figures go', () => {
  expect(pageAt('docs/benchmarks.md').text).toMatch(/^<!-- figures -->\n[\s\S]*^<!-- end of figures -->$/m);
});

it('git passes over what the commands of the README write into the clone', () => {
  const ignored = readFileSync(join(root, '.gitignore'), 'utf8').split('\n');
  const commands = pageAt('README.md').blocks.filter(({ language }) => language === 'sh');
  const written = commands.flatMap(({ text }) => [...text.matchAll(/ > ([\w.-]+)\b/g)].map(([, file]) => String(file)));
  expect(written).toContain('documenso-secret');
  expect(written.filter((file) => !ignored.includes(`/${file}`))).toEqual([]);
});
