/** What somebody sent, to be read leniently: clients leave out what they do not need. */
export type Loose = Readonly<Record<string, unknown>>;

/** The object in a body of JSON; null for anything else. An empty body counts as an empty object. */
export function readObject(body: Buffer): Loose | null {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object within; empty where there is none. */
export function objectAt(value: Loose, name: string): Loose {
  const found = value[name];
  return isObject(found) ? found : {};
}

/** The objects of a list within; empty where there is none. */
export function objectsAt(value: Loose, name: string): Loose[] {
  const found = value[name];
  return Array.isArray(found) ? found.filter(isObject) : [];
}

export function textAt(value: Loose, name: string): string | null {
  const found = value[name];
  return typeof found === 'string' ? found : null;
}

/** A number, or text that is one. */
export function numberAt(value: Loose, name: string): number | null {
  const found = value[name];
  if (typeof found === 'number') return found;
  return typeof found === 'string' && /^-?\d+(\.\d+)?$/.test(found) ? Number(found) : null;
}

/** Text, or a whole number as text: ids come as both. */
export function idAt(value: Loose, name: string): string | null {
  const found = value[name];
  return typeof found === 'number' ? String(found) : typeof found === 'string' && found !== '' ? found : null;
}

/** True, or the text `true`. */
export function isTrueAt(value: Loose, name: string): boolean {
  return value[name] === true || value[name] === 'true';
}
