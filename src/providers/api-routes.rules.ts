import type { Operation } from './api-profile.ts';
import { keyText } from './signature.rules.ts';

/** What is known of a path below an API's root: its operation's name, and the values of its template's variables. */
export type ApiRoute = { name: string; template: string; variables: Readonly<Record<string, string>> };

type CompiledRoute = { name: string; template: string; parts: readonly string[] };

/** By method and number of segments; what names more segments literally comes first. */
export type ApiRoutes = ReadonlyMap<string, readonly CompiledRoute[]>;

/**
 * Compiles a table such as `{'GET /envelope/{envelopeId}': 'envelope.get'}`. HEAD is known wherever GET is.
 * @param root what the templates are shown with in front, such as `/api/v2`
 */
export function compileRoutes(root: string, table: Readonly<Record<string, string>>): ApiRoutes {
  const routes = new Map<string, CompiledRoute[]>();
  for (const [line, name] of Object.entries(table)) {
    const [method = '', path = ''] = line.split(' ');
    const parts = path.split('/').filter((part) => part !== '');
    for (const each of method === 'GET' ? ['GET', 'HEAD'] : [method]) {
      const key = `${each} ${parts.length}`;
      routes.set(key, [...(routes.get(key) ?? []), { name, template: `${root}${path}`, parts }]);
    }
  }
  for (const same of routes.values()) same.sort((one, other) => variableCount(one) - variableCount(other));
  return routes;
}

/** The route of a call; null for one that no table names. */
export function findRoute(routes: ApiRoutes, method: string, segments: readonly string[]): ApiRoute | null {
  for (const { name, template, parts } of routes.get(`${method.toUpperCase()} ${segments.length}`) ?? []) {
    const variables = variablesOf(parts, segments);
    if (variables !== null) return { name, template, variables };
  }
  return null;
}

/** Segments of a path, decoded where that is possible. Slashes that follow each other, or end it, make none. */
export function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
}

/** The operation of a call that no table names: only its method tells calls apart, since a path may hold anything. */
export function otherOperation(method: string, template: string): Operation {
  const name = /^[A-Za-z]{1,20}$/.test(method) ? method.toLowerCase() : 'unknown';
  return { name: `${name}.other`, template, subject: null, repeatable: isIdempotent(method), counted: true };
}

/** Methods that may be sent twice without doing it twice: RFC 9110, section 9.2.2. */
export function isIdempotent(method: string): boolean {
  return /^(?:GET|HEAD|OPTIONS|TRACE|PUT|DELETE)$/i.test(method);
}

/** A subject from a path's variable, as profiles of webhooks write it. */
export function subjectText(value: string | undefined, kind = ''): string | null {
  return value === undefined || value === '' ? null : keyText(`${kind}${value}`);
}

function variablesOf(parts: readonly string[], segments: readonly string[]): Record<string, string> | null {
  const variables: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] as string;
    if (part.startsWith('{')) variables[part.slice(1, -1)] = segment;
    else if (part !== segment) return null;
  }
  return variables;
}

function variableCount({ parts }: CompiledRoute): number {
  return parts.filter((part) => part.startsWith('{')).length;
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
