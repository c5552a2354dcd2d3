const colourCodes = new RegExp(`${String.fromCodePoint(27)}\\[\\d+m`, 'g');

/** How many columns text takes, its colours left out. Wide characters count as one: none are ours. */
export function visibleWidth(text: string): number {
  return Array.from(text.replaceAll(colourCodes, '')).length;
}

export function padVisible(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - visibleWidth(text)));
}

/** Rows of cells as lines, each column as wide as its widest cell; the last is not padded. */
export function alignColumns(rows: readonly (readonly string[])[], gap = '  '): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, visibleWidth(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : padVisible(cell, widths[index] ?? 0)))
      .join(gap)
      .trimEnd(),
  );
}

/** Plain words broken into lines of at most `width` columns; a longer word has a line of its own. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Cuts one line of plain text to `width` columns, marking the cut. */
export function cutLine(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** The first `most` lines, each cut to `width`, and a last line that says how many are left out. */
export function cutLines(text: string, limits: { most: number; width: number }): string[] {
  const lines = text.split('\n');
  const shown = lines.slice(0, limits.most).map((line) => cutLine(line, limits.width));
  const left = lines.length - shown.length;
  return left === 0 ? shown : [...shown, `… ${left} more ${left === 1 ? 'line' : 'lines'}`];
}
