/** Headers as they are kept on record: `name: value` lines. A header value holds no line break, so nothing is lost. */
export function recordHeaders(flat: readonly string[], masked?: ReadonlySet<string>): string {
  let text = '';
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = flat[index] as string;
    const value = masked?.has(name) === true ? '***' : flat[index + 1];
    text += index === 0 ? `${name}: ${value}` : `\n${name}: ${value}`;
  }
  return text;
}

/** The recorded lines as name and value pairs, in order. */
export function readRecordedHeaders(text: string): { name: string; value: string }[] {
  if (text === '') return [];
  return text.split('\n').map((line) => {
    const colon = line.indexOf(': ');
    return { name: line.slice(0, colon), value: line.slice(colon + 2) };
  });
}

/** The first value of a header, names compared without case; null when absent. */
export function headerValue(flat: readonly string[], name: string): string | null {
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const candidate = flat[index] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return flat[index + 1] as string;
  }
  return null;
}
