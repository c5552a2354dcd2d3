import type { ProblemPointer } from '../problem.ts';

/**
 * Bounds that keep a schema's cost in proportion to the payload: its expanded size (every reference replaced by what
 * it points to) times the size of the payload is the worst that validation can cost. That is why references must not
 * recurse, and why `uniqueItems`, which compares every pair, needs a bound.
 */
const schemaLimits = {
  textBytes: 65_536,
  depth: 32,
  expandedSize: 5_000,
  uniqueItems: 500,
  patternLength: 1_000,
};

const dialect = 'https://json-schema.org/draft/2020-12/schema';
const one = new Set([
  'items',
  'contains',
  'additionalProperties',
  'propertyNames',
  'if',
  'then',
  'else',
  'not',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contentSchema',
]);
const list = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const map = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']);
const refused = new Set([
  '$dynamicRef',
  '$dynamicAnchor',
  '$recursiveRef',
  '$recursiveAnchor',
  '$anchor',
  '$vocabulary',
  '$async',
]);

type Node = { children: string[]; reference: string | null };
type Findings = { problems: ProblemPointer[]; nodes: Map<string, Node> };
type JsonObject = Record<string, unknown>;

/** What is wrong with a schema before it is compiled; `schema` is a copy without `x-` annotations and `$id`. */
export function readSchema(given: unknown): { problems: ProblemPointer[]; schema: unknown } {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { problems: [{ pointer: '', message: 'must be a JSON Schema object' }], schema: null };
  }
  if (Buffer.byteLength(JSON.stringify(given)) > schemaLimits.textBytes) {
    return { problems: [{ pointer: '', message: `is larger than ${schemaLimits.textBytes} bytes` }], schema: null };
  }
  const findings: Findings = { problems: [], nodes: new Map() };
  const schema = readNode(given, '', 0, findings);
  if (findings.problems.length === 0) judgeReferences(findings);
  return { problems: findings.problems, schema };
}

function readNode(given: unknown, pointer: string, depth: number, findings: Findings): unknown {
  const node: Node = { children: [], reference: null };
  findings.nodes.set(pointer, node);
  if (typeof given === 'boolean') return given;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return fault(findings, pointer, 'must be a schema: an object or a boolean');
  }
  if (depth > schemaLimits.depth) return fault(findings, pointer, `is nested deeper than ${schemaLimits.depth} levels`);
  const copy: JsonObject = {};
  const readChild = (child: unknown, at: string): unknown => {
    node.children.push(at);
    return readNode(child, at, depth + 1, findings);
  };
  for (const [keyword, value] of Object.entries(given)) {
    const here = `${pointer}/${escape(keyword)}`;
    if (keyword.startsWith('x-') || keyword === '$comment') continue;
    if (keyword === '$schema') {
      if (value !== dialect) fault(findings, here, `must be "${dialect}"`);
    } else if (keyword === '$id') {
      if (pointer !== '') fault(findings, here, 'is taken at the root alone');
    } else if (refused.has(keyword)) fault(findings, here, 'is not taken');
    else if (one.has(keyword)) copy[keyword] = readChild(value, here);
    else if (list.has(keyword) && Array.isArray(value)) {
      copy[keyword] = value.map((child, index) => readChild(child, `${here}/${index}`));
    } else if (map.has(keyword) && isObject(value)) {
      const children = Object.entries(value).map(([name, child]) => [
        name,
        readChild(child, `${here}/${escape(name)}`),
      ]);
      copy[keyword] = Object.fromEntries(children);
    } else copy[keyword] = value;
    if (keyword === '$ref') node.reference = readReference(value, here, findings);
  }
  judgeBounds(given as JsonObject, pointer, findings);
  return copy;
}

function readReference(value: unknown, pointer: string, findings: Findings): string | null {
  if (typeof value !== 'string' || !value.startsWith('#')) {
    fault(findings, pointer, 'must point into this schema, such as "#/$defs/address"; nothing is fetched');
    return null;
  }
  try {
    return decodeURIComponent(value.slice(1));
  } catch {
    fault(findings, pointer, 'is not a valid URI fragment');
    return null;
  }
}

function judgeBounds(schema: JsonObject, pointer: string, findings: Findings): void {
  const { uniqueItems, maxItems, pattern, patternProperties } = schema;
  if (uniqueItems === true && !(typeof maxItems === 'number' && maxItems <= schemaLimits.uniqueItems)) {
    fault(findings, `${pointer}/uniqueItems`, `needs maxItems of at most ${schemaLimits.uniqueItems} beside it`);
  }
  const patterns = isObject(patternProperties) ? Object.keys(patternProperties) : [];
  if (typeof pattern === 'string') patterns.push(pattern);
  if (patterns.some((text) => text.length > schemaLimits.patternLength)) {
    fault(findings, pointer, `has a pattern longer than ${schemaLimits.patternLength} characters`);
  }
}

function judgeReferences(findings: Findings): void {
  const sizes = new Map<string, number>();
  const open = new Set<string>();
  const sizeOf = (pointer: string): number => {
    const known = sizes.get(pointer);
    if (known !== undefined) return known;
    const node = findings.nodes.get(pointer);
    if (node === undefined) return 0;
    open.add(pointer);
    let size = 1;
    for (const child of node.children) size += sizeOf(child);
    if (node.reference !== null) {
      if (!findings.nodes.has(node.reference))
        fault(findings, `${pointer}/$ref`, 'points to no schema in this document');
      else if (open.has(node.reference)) fault(findings, `${pointer}/$ref`, 'is recursive, which is not taken');
      else size += sizeOf(node.reference);
    }
    open.delete(pointer);
    sizes.set(pointer, size);
    return size;
  };
  if (sizeOf('') > schemaLimits.expandedSize) {
    fault(findings, '', `is larger than ${schemaLimits.expandedSize} schemas once its references are followed`);
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function escape(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

function fault(findings: Findings, pointer: string, message: string): null {
  findings.problems.push({ pointer, message });
  return null;
}
