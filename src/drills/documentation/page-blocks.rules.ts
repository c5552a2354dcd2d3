/** A fenced block of a page: of ```` ```sh runs ```` the language is `sh` and the role `runs`. */
export type PageBlock = { language: string; role: string; text: string; heading: string };

/** Fenced blocks in their order, each with the heading that it stands under. */
export function blocksOf(page: string): PageBlock[] {
  const blocks: PageBlock[] = [];
  let heading = '';
  let open: { language: string; role: string; lines: string[] } | null = null;
  for (const line of page.split('\n')) {
    if (open === null) {
      const fence = /^```(\S*) ?(.*)$/.exec(line);
      if (fence !== null) open = { language: fence[1] ?? '', role: fence[2] ?? '', lines: [] };
      else heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
    } else if (line === '```') {
      const { language, role, lines } = open;
      blocks.push({ language, role, heading, text: lines.map((each) => `${each}\n`).join('') });
      open = null;
    } else {
      open.lines.push(line);
    }
  }
  return blocks;
}

/** Texts of the blocks of this language and role. */
export function commandsOf(page: string, role: string, language = 'sh'): string[] {
  return blocksOf(page)
    .filter((block) => block.language === language && block.role === role)
    .map(({ text }) => text);
}
