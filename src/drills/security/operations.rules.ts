/** A method at a path of the served reference. `team`: its path names one. */
export type Operation = {
  method: string;
  path: string;
  permission: string;
  team: boolean;
  /** The schema of its JSON body; null where it takes none. */
  body: JsonSchema | null;
};

/** As much of a JSON Schema as bad requests are made from. */
export type JsonSchema = {
  type?: string;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  maxLength?: number;
};

/** What anybody may call: kept here and not taken from the gateway, which would vouch for itself. */
const publicOperations: ReadonlySet<string> = new Set([
  'GET /livez',
  'GET /readyz',
  'GET /metrics',
  'GET /bodies/{id}',
  'GET /v1/audit/public-key',
]);

/** Whether an operation is meant for everybody: some reads, and the address at which providers post. */
export function isPublicOperation({ method, path }: Pick<Operation, 'method' | 'path'>): boolean {
  return publicOperations.has(`${method} ${path}`) || path === '/in/{source}';
}

/** The operations of an OpenAPI document, in its order. */
export function operationsOf(document: Readonly<Record<string, unknown>>): Operation[] {
  const paths = (document['paths'] ?? {}) as Record<string, Record<string, Record<string, unknown>>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      permission: typeof operation['x-permission'] === 'string' ? operation['x-permission'] : '',
      team: path.includes('{team}'),
      body: bodyOf(operation),
    })),
  );
}

function bodyOf(operation: Record<string, unknown>): JsonSchema | null {
  const body = operation['requestBody'] as { content?: Record<string, { schema?: JsonSchema }> } | undefined;
  return body?.content?.['application/json']?.schema ?? null;
}

/** The path with a team, and `other` for everything else that it names. */
export function filled(path: string, team: string, other: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === 'team' ? team : other));
}

/** `GET /v1/teams/{team}`: how findings name an operation. */
export function nameOf({ method, path }: Pick<Operation, 'method' | 'path'>): string {
  return `${method} ${path}`;
}
