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

type Header = { name: string; value: string };

const line = 'POST ';

/**
 * What stands in the record of every request to a URL before its headers: where to, without a user name or password, and
 * who sends. What else the HTTP client adds follows from these and the body, so it is not kept: `readRecordedRequest`.
 */
export function recordHead(url: string, userAgent: string): string {
  if (!URL.canParse(url)) return '';
  const { origin, pathname, search } = new URL(url);
  return `${line}${origin}${pathname}${search}\nuser-agent: ${userAgent}\n`;
}

/**
 * A recorded request as it was sent, with the headers of the HTTP client. One that was recorded without its head has no
 * URL, and the headers that were recorded.
 * @param bodyBytes of the event; null when that is not known any more. A record of another body tells its length itself.
 */
export function readRecordedRequest(text: string, bodyBytes: number | null): { url: string | null; headers: Header[] } {
  if (!text.startsWith(line)) return { url: null, headers: readRecordedHeaders(text) };
  const end = text.indexOf('\n');
  const url = text.slice(line.length, end);
  const given = readRecordedHeaders(text.slice(end + 1));
  const headers = [{ name: 'host', value: new URL(url).host }, { name: 'connection', value: 'keep-alive' }, ...given];
  const isCounted = given.some(({ name }) => name === 'content-length');
  if (!isCounted && bodyBytes !== null) headers.push({ name: 'content-length', value: String(bodyBytes) });
  return { url, headers };
}

/** The recorded lines as name and value pairs, in order. */
export function readRecordedHeaders(text: string): Header[] {
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
