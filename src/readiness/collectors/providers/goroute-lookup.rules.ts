/** What a lookup of a participant was answered; null: the answer does not say. */
export type Lookup = {
  identifier: string;
  status: number;
  registered: boolean | null;
  accessPoints: readonly string[];
  name: string | null;
  country: string | null;
  documentTypes: readonly string[];
};

/** Participants that one evaluation looks up at most. */
export const lookupsMost = 40;

/** `{registered, access_point, document_types}` of one documented answer, `{found, capabilities}` of the other. */
export function readLookup(identifier: string, { status, body }: { status: number; body: string }): Lookup {
  const answer = objectOf(body);
  const isRegistered = answer['registered'] ?? answer['found'];
  return {
    identifier,
    status,
    registered: status === 404 ? false : typeof isRegistered === 'boolean' ? isRegistered : null,
    accessPoints: textsOf(answer['access_point']),
    name: textOf(answer['name']),
    country: textOf(answer['country']),
    documentTypes: textsOf(answer['document_types'] ?? answer['capabilities']),
  };
}

function objectOf(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function textsOf(value: unknown): string[] {
  return [value].flat().filter((each) => typeof each === 'string');
}
