import type { ProblemPointer } from '../problem.ts';

/** A fault as ajv tells it. */
export type Fault = {
  keyword: string;
  instancePath: string;
  schemaPath: string;
  params: Record<string, unknown>;
  message?: string | undefined;
};

const mostPointers = 20;

/**
 * What a caller can act on. Of a union only the branch that was meant is told of: the one whose constants fit, or else
 * which constants there are.
 * @param inBody a JSON pointer into the body; otherwise `?name`, for a query parameter.
 */
export function explainFaults(faults: readonly Fault[], inBody: boolean): ProblemPointer[] {
  const told = withoutOtherBranches(faults.filter(({ keyword }) => keyword !== 'anyOf'));
  const all = mergeConstants(told.length > 0 ? told : faults).map((fault) => explain(fault, inBody));
  const unique = new Map(all.map((each) => [`${each.pointer} ${each.message}`, each]));
  return [...unique.values()].slice(0, mostPointers);
}

function withoutOtherBranches(faults: readonly Fault[]): Fault[] {
  const branchesOf = new Map<string, Map<string, Fault[]>>();
  const free: Fault[] = [];
  for (const fault of faults) {
    const [, union, branch] = /^(.*\/anyOf)\/(\d+)\//.exec(fault.schemaPath) ?? [];
    if (union === undefined || branch === undefined) {
      free.push(fault);
      continue;
    }
    const branches = branchesOf.get(union) ?? new Map<string, Fault[]>();
    branches.set(branch, [...(branches.get(branch) ?? []), fault]);
    branchesOf.set(union, branches);
  }
  return [...free, ...[...branchesOf.values()].flatMap((branches) => chosenBranch([...branches.values()]))];
}

function chosenBranch(branches: Fault[][]): Fault[] {
  const notNull = branches.filter((branch) => !branch.every(({ params }) => params['type'] === 'null'));
  const meant = notNull.filter((branch) => !branch.some(({ keyword }) => keyword === 'const'));
  if (meant.length > 0) return meant.flat();
  return notNull.flat().filter(({ keyword }) => keyword === 'const');
}

function mergeConstants(faults: readonly Fault[]): Fault[] {
  const merged = new Map<string, Fault>();
  const others: Fault[] = [];
  for (const fault of faults) {
    if (fault.keyword !== 'const') {
      others.push(fault);
      continue;
    }
    const earlier = merged.get(fault.instancePath);
    const allowedValues = [
      ...((earlier?.params['allowedValues'] as unknown[] | undefined) ?? []),
      fault.params['allowedValue'],
    ];
    merged.set(fault.instancePath, { ...fault, keyword: 'enum', params: { allowedValues } });
  }
  return [...others, ...merged.values()];
}

function explain({ keyword, instancePath, params, message }: Fault, inBody: boolean): ProblemPointer {
  const { additionalProperty, missingProperty, allowedValues } = params;
  const property = additionalProperty ?? missingProperty;
  const token = typeof property === 'string' ? `/${property.replaceAll('~', '~0').replaceAll('/', '~1')}` : '';
  const path = instancePath + token;
  const pointer = inBody ? path : `?${path.slice(1)}`;
  if (keyword === 'additionalProperties') return { pointer, message: 'is not a known property' };
  if (keyword === 'required') return { pointer, message: 'is missing' };
  if (keyword === 'enum' && Array.isArray(allowedValues)) {
    return { pointer, message: `must be one of ${allowedValues.map((value) => JSON.stringify(value)).join(', ')}` };
  }
  return { pointer, message: inWords(keyword, params) ?? message ?? 'is not valid' };
}

const idPattern = /^\^([a-z]+_)\[0-7\]/;

/** What ajv says in terms of schemas, so that it can be mended without knowing any; null where its own words will do. */
function inWords(keyword: string, { limit, format, pattern }: Fault['params']): string | null {
  if (keyword === 'format' && format === 'date-time') return 'must be an RFC 3339 time such as 2026-01-31T12:00:00Z';
  if (keyword === 'pattern' && typeof pattern === 'string') {
    const prefix = idPattern.exec(pattern)?.[1];
    if (prefix !== undefined) return `must be an id: ${prefix} and 26 characters`;
    return pattern === '^[^\\u0000]*$' ? 'must not hold the character U+0000' : null;
  }
  if ((keyword === 'minLength' || keyword === 'minItems') && limit === 1) return 'must not be empty';
  const [, bound, unit] = /^(min|max)(Length|Items)$/.exec(keyword) ?? [];
  if (bound === undefined) return null;
  return `must have at ${bound === 'min' ? 'least' : 'most'} ${String(limit)} ${unit === 'Items' ? 'items' : 'characters'}`;
}
