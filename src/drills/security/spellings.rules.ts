/** One way in which a value can be written down. */
export type Spelling = { called: 'plain' | 'url-encoded' | 'base64' | 'hex'; text: string };

/**
 * How a value may stand in a log, a file or a database: as it is, URL-encoded, in hex, and in base64 as part of something
 * longer, where it begins at any of three places of a group. Without repeats.
 */
export function spellingsOf(value: string): Spelling[] {
  const bytes = Buffer.from(value);
  const spellings: Spelling[] = [
    { called: 'plain', text: value },
    { called: 'url-encoded', text: encodeURIComponent(value) },
    { called: 'hex', text: bytes.toString('hex') },
  ];
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The first characters depend on what stands before, the last ones on what follows.
    const text = encoded
      .slice(offset === 0 ? 0 : offset + 1)
      .replace(/=+$/, '')
      .slice(0, -1);
    spellings.push(
      { called: 'base64', text },
      { called: 'base64', text: text.replaceAll('+', '-').replaceAll('/', '_') },
    );
  }
  return [...new Map(spellings.map((spelling) => [spelling.text, spelling])).values()];
}

/** Which of the named values stand in a text, in which spelling. */
export function findIn(text: string, values: ReadonlyMap<string, string>): { name: string; called: string }[] {
  const lower = text.toLowerCase();
  return [...values].flatMap(([name, value]) => {
    const found = spellingsOf(value).find((spelling) =>
      spelling.called === 'base64' ? text.includes(spelling.text) : lower.includes(spelling.text.toLowerCase()),
    );
    return found === undefined ? [] : [{ name, called: found.called }];
  });
}
