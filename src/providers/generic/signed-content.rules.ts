/** What a sender may sign besides fixed text. */
export type SignedField = 'body' | 'timestamp' | 'id';
type Part = { field: SignedField } | { text: string };

const fields: ReadonlySet<string> = new Set<SignedField>(['body', 'timestamp', 'id']);

/** Splits a template such as `v0:{timestamp}:{body}` at its placeholders; null when it holds other braces. */
function partsOf(template: string): Part[] | null {
  const parts: Part[] = [];
  for (const token of template.split(/(\{\w*\})/)) {
    const field = /^\{(\w*)\}$/.exec(token)?.[1];
    if (field === undefined && !/[{}]/.test(token)) {
      if (token !== '') parts.push({ text: token });
    } else if (isField(field)) parts.push({ field });
    else return null;
  }
  return parts;
}

/**
 * What is wrong with a template, continuing "the option …"; null when it will do. Besides its form that is: without a
 * placeholder every request would have the same signature, and an id that nothing separates from what stands next to
 * it could take over some of that, with the same signature. A timestamp needs no separator: how many digits it has is
 * given, since it must be close to now.
 */
export function signedContentProblem(template: string): string | null {
  const parts = partsOf(template);
  if (parts === null) return 'must hold braces only as {body}, {timestamp} and {id}';
  const found = parts.flatMap((part) => ('field' in part ? [part.field] : []));
  if (found.length === 0) return 'must hold {body}, or at least {timestamp} or {id}';
  if (new Set(found).size < found.length) return 'must hold each of {body}, {timestamp} and {id} once at most';
  const separators = idSeparators(parts);
  if (separators.every((separator) => /^[^A-Za-z0-9]$/.test(separator))) return null;
  return 'must separate {id} from what stands next to it by something like a dot or a colon';
}

/** The fields of a template, none when it is malformed. */
export function signedFields(template: string): ReadonlySet<SignedField> {
  return new Set((partsOf(template) ?? []).flatMap((part) => ('field' in part ? [part.field] : [])));
}

/** Whether an id holds what separates it from its neighbours, so that the signature would fit another split as well. */
export function isAmbiguousId(template: string, id: string): boolean {
  return idSeparators(partsOf(template) ?? []).some((separator) => id.includes(separator));
}

/** What is signed, piece by piece, with the placeholders filled in. */
export function signedPieces(template: string, values: Record<SignedField, string | Buffer>): (string | Buffer)[] {
  return (partsOf(template) ?? []).map((part) => ('field' in part ? values[part.field] : part.text));
}

/** The characters next to {id} on the sides where another placeholder follows; empty ones where nothing stands between. */
function idSeparators(parts: readonly Part[]): string[] {
  const at = parts.findIndex((part) => 'field' in part && part.field === 'id');
  if (at === -1) return [];
  const separators: string[] = [];
  if (parts.slice(0, at).some((part) => 'field' in part)) separators.push(textOf(parts[at - 1]).slice(-1));
  if (parts.slice(at + 1).some((part) => 'field' in part)) separators.push(textOf(parts[at + 1]).slice(0, 1));
  return separators;
}

function textOf(part: Part | undefined): string {
  return part !== undefined && 'text' in part ? part.text : '';
}

function isField(text: string | undefined): text is SignedField {
  return text !== undefined && fields.has(text);
}
