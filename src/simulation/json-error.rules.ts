/** One token of JSON (RFC 8259) after any white space; the groups are punctuation, string, and any other value. */
const token =
  /[\t\n\r ]*(?:([[\]{},:])|("(?:[^"\\\p{Cc}]|[\u007F-\u009F]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false|null)(?![\w.+-]))/uy;

/**
 * Where text stops being JSON, as `line 2 column 13`, from 1; null when all of it is JSON. The parser of the platform
 * does not always say.
 */
export function placeOfJsonError(text: string): string | null {
  const offset = offsetOfJsonError(text);
  if (offset === null) return null;
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length} column ${(before.at(-1) ?? '').length + 1}`;
}

type Wanted = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end';

function offsetOfJsonError(text: string): number | null {
  const open: ('{' | '[')[] = [];
  let wanted: Wanted = 'value';
  let at = 0;
  while (!(wanted === 'comma or end' && open.length === 0)) {
    token.lastIndex = at;
    const [whole = '', mark, string, other] = token.exec(text) ?? [];
    const next = follow(wanted, open, { mark, isString: string !== undefined, isOther: other !== undefined });
    if (next === null) return at + (/[\t\n\r ]*/.exec(text.slice(at))?.[0].length ?? 0);
    wanted = next;
    at += whole.length;
  }
  const rest = /[^\t\n\r ]/.exec(text.slice(at));
  return rest === null ? null : at + rest.index;
}

/** What may come next, or null when this may not come. */
function follow(
  wanted: Wanted,
  open: ('{' | '[')[],
  { mark, isString, isOther }: { mark: string | undefined; isString: boolean; isOther: boolean },
): Wanted | null {
  const close = (opening: '{' | '['): Wanted | null => (open.pop() === opening ? 'comma or end' : null);
  switch (wanted) {
    case 'colon':
      return mark === ':' ? 'value' : null;
    case 'key or }':
      if (mark === '}') return close('{');
      return isString ? 'colon' : null;
    case 'key':
      return isString ? 'colon' : null;
    case 'comma or end':
      if (mark === ',') return open.at(-1) === '{' ? 'key' : 'value';
      if (mark === '}') return close('{');
      return mark === ']' ? close('[') : null;
    case 'value or ]':
    case 'value':
      if (mark === ']' && wanted === 'value or ]') return close('[');
      if (mark === '{' || mark === '[') {
        open.push(mark);
        return mark === '{' ? 'key or }' : 'value or ]';
      }
      return isString || isOther ? 'comma or end' : null;
  }
}
