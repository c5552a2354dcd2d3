/** As much of JSON Schema as our own documents use. */
export type DocumentedSchema = {
  type?: string | string[];
  format?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: DocumentedSchema[];
  items?: DocumentedSchema;
  properties?: Record<string, DocumentedSchema>;
  required?: string[];
  patternProperties?: Record<string, DocumentedSchema>;
  additionalProperties?: boolean | DocumentedSchema;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
};

export type OutlineRow = { path: string; type: string; required: boolean; notes: string };

/** The properties of an object schema, nested ones under dotted names. */
export function outline(schema: DocumentedSchema, prefix = ''): OutlineRow[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = prefix + name;
    const row = { path, type: typeOf(property), required: required.has(name), notes: notesOf(property) };
    const inner = property.items ?? withoutNull(property);
    const nested =
      inner.properties === undefined ? [] : outline(inner, `${path}${property.items === undefined ? '' : '[]'}.`);
    return [row, ...nested];
  });
}

/** A type in words: `string`, `integer[]`, `"none" | "key"`, `object | null`. */
export function typeOf(schema: DocumentedSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' | ');
  if (schema.items !== undefined) {
    const item = typeOf(schema.items);
    return item.includes(' ') ? `(${item})[]` : `${item}[]`;
  }
  if (schema.format === 'date-time') return 'time';
  if (schema.type === undefined) return 'any JSON';
  return [schema.type].flat().join(' | ');
}

/** A value that fits: the schema's own example, or one made from its parts. */
export function exampleOf(schema: DocumentedSchema): unknown {
  const [given] = schema.examples ?? [];
  if (given !== undefined) return given;
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) {
    const nullable = schema.anyOf.some((one) => one.type === 'null');
    return nullable && schema.anyOf.every((one) => (one.examples ?? []).length === 0)
      ? null
      : exampleOf(schema.anyOf[0] ?? {});
  }
  if (schema.items !== undefined) return [exampleOf(schema.items)];
  if (schema.properties !== undefined) {
    return Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, exampleOf(property)]));
  }
  if (schema.format === 'date-time') return '2026-01-05T09:00:00.000Z';
  if (schema.type === undefined) return {};
  const plain: Record<string, unknown> = {
    string: 'text',
    integer: schema.minimum ?? 1,
    number: 1,
    boolean: false,
    object: {},
  };
  return plain[[schema.type ?? 'null'].flat()[0] ?? 'null'] ?? null;
}

/** An example of a request: what must be there, and what has an example of its own. */
export function requestExampleOf(schema: DocumentedSchema): unknown {
  if (schema.properties === undefined) return exampleOf(schema);
  const required = new Set(schema.required ?? []);
  const shown = Object.entries(schema.properties).filter(([name]) => required.has(name));
  const chosen = shown.length > 0 ? shown : Object.entries(schema.properties).slice(0, 2);
  return Object.fromEntries(chosen.map(([name, property]) => [name, exampleOf(property)]));
}

/** What a union with null is about; of a union of objects, all their properties. */
function withoutNull(schema: DocumentedSchema): DocumentedSchema {
  const others = (schema.anyOf ?? []).filter((one) => one.type !== 'null');
  if (others.length < 2) return others[0] ?? schema;
  if (!others.every((one) => one.properties !== undefined)) return schema;
  const names = [...new Set(others.flatMap((one) => Object.keys(one.properties ?? {})))];
  const properties = names.map((name): [string, DocumentedSchema] => {
    const variants = others.flatMap((one) => one.properties?.[name] ?? []);
    return [name, variants.length === 1 ? (variants[0] ?? {}) : { anyOf: variants }];
  });
  const required = names.filter((name) => others.every((one) => one.required?.includes(name) === true));
  return { ...schema, properties: Object.fromEntries(properties), required };
}

function notesOf(schema: DocumentedSchema): string {
  const inner = withoutNull(schema);
  const bounds: string[] = [];
  if (inner.minimum !== undefined && inner.maximum !== undefined) bounds.push(`${inner.minimum} to ${inner.maximum}`);
  if (inner.maxLength !== undefined) bounds.push(`at most ${inner.maxLength} characters`);
  if (inner.maxItems !== undefined) bounds.push(`at most ${inner.maxItems}`);
  if (schema.default !== undefined) bounds.push(`default ${JSON.stringify(schema.default)}`);
  const limits = bounds.length === 0 ? '' : `${bounds.join(', ')}.`;
  const limitSentence = limits === '' ? '' : limits[0]?.toUpperCase() + limits.slice(1);
  return [schema.description ?? inner.description ?? '', limitSentence].filter((part) => part !== '').join(' ');
}
