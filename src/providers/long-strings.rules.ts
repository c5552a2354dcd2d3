const quote = 0x22;
const backslash = 0x5c;

/**
 * A JSON text without the contents of its long strings: what a provider says about a document, without the document.
 * Parsing a body with a PDF of some megabytes in it makes as many megabytes of strings, which are never read.
 *
 * Strings with an escape in them are kept as they are, so that where each ends needs no reading of escapes: base64 has
 * none. All other values are the same as of the whole text.
 *
 * @param longBytes strings of more bytes than this become empty
 * @returns the same buffer when it has no such string
 */
export function withoutLongStrings(json: Buffer, longBytes: number): Buffer {
  const kept: Buffer[] = [];
  let keptTo = 0;
  let from = 0;
  for (;;) {
    const open = json.indexOf(quote, from);
    if (open === -1) break;
    const close = endOfString(json, open + 1);
    if (close === -1) break;
    if (close - open - 1 > longBytes && !hasEscape(json, open + 1, close)) {
      kept.push(json.subarray(keptTo, open + 1));
      keptTo = close;
    }
    from = close + 1;
  }
  if (keptTo === 0) return json;
  kept.push(json.subarray(keptTo));
  return Buffer.concat(kept);
}

/** The place of the quote that ends the string whose content begins at `start`; -1 when none does. */
function endOfString(json: Buffer, start: number): number {
  let end = json.indexOf(quote, start);
  while (end !== -1 && isEscaped(json, start, end)) end = json.indexOf(quote, end + 1);
  return end;
}

function isEscaped(json: Buffer, start: number, at: number): boolean {
  let first = at;
  while (first > start && json[first - 1] === backslash) first -= 1;
  return (at - first) % 2 === 1;
}

function hasEscape(json: Buffer, start: number, end: number): boolean {
  return json.subarray(start, end).includes(backslash);
}
