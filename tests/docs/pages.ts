import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** A fenced block: ```sh runs is of language `sh` and role `runs`. */
type Block = { language: string; role: string; text: string };
export type Page = { path: string; text: string; blocks: Block[] };

export const pages: readonly Page[] = [...globSync('*.md', { cwd: root }), ...globSync('docs/*.md', { cwd: root })]
  .sort()
  .map(readPage);

/** @throws when there is no such page */
export function pageAt(path: string): Page {
  const page = pages.find((each) => each.path === path);
  if (page === undefined) throw new Error(`there is no page ${path}`);
  return page;
}

/** The one block of a role. */
export function blockOf(page: Page, language: string, role: string): string {
  const found = page.blocks.filter((block) => block.language === language && block.role === role);
  if (found.length !== 1) throw new Error(`${page.path} has ${found.length} blocks \`${language} ${role}\``);
  return (found[0] as Block).text;
}

/** The rows of every table whose first column is called `first`, as cells without back-ticks around them. */
export function tableRows(page: Page, first: string): string[][] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of page.text.split('\n')) {
    if (!line.startsWith('|')) {
      inside = false;
      continue;
    }
    const cells = line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'));
    if (inside && !/^-+$/.test(cells[0] ?? '')) rows.push(cells);
    if (cells[0] === first) inside = true;
  }
  return rows;
}

/** Text without fenced blocks. */
export function prose(page: Page): string {
  return page.text.replaceAll(/^```[\s\S]*?^```$/gm, '');
}

function readPage(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8');
  const blocks = [...text.matchAll(/^```(\S*) ?(.*)\n([\s\S]*?)^```$/gm)].map(([, language, role, content]) => ({
    language: language ?? '',
    role: role ?? '',
    text: content ?? '',
  }));
  return { path, text, blocks };
}
