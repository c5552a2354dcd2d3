/** Headers as servers hand them out: Node's `IncomingHttpHeaders` or any plain object, `Headers`, or a `Map`. */
export type ReceivedHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { forEach(callback: (value: string | readonly string[], name: string) => void): void };

/** Every value of every header, by its name in lower case. */
export type HeaderValues = ReadonlyMap<string, readonly string[]>;

/** Brings headers into one form. A name that is there in two spellings is one header with two values. */
export function readHeaders(headers: ReceivedHeaders): HeaderValues {
  const found = new Map<string, string[]>();
  const add = (value: string | readonly string[] | undefined, name: string): void => {
    if (value === undefined) return;
    const values = typeof value === 'string' ? [value] : value;
    found.set(name.toLowerCase(), [...(found.get(name.toLowerCase()) ?? []), ...values]);
  };
  if (hasForEach(headers)) headers.forEach((value, name) => add(value, name));
  else for (const [name, value] of Object.entries(headers)) add(value, name);
  return found;
}

/** The same of Node's `rawHeaders` (name, value, name, value), where a header that came twice can still be told. */
export function readRawHeaders(flat: readonly string[]): HeaderValues {
  const found = new Map<string, string[]>();
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = (flat[index] as string).toLowerCase();
    found.set(name, [...(found.get(name) ?? []), flat[index + 1] as string]);
  }
  return found;
}

function hasForEach(headers: ReceivedHeaders): headers is Extract<ReceivedHeaders, { forEach: unknown }> {
  return typeof headers['forEach' as keyof ReceivedHeaders] === 'function';
}
