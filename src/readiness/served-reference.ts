import { problemCodes } from '../problem.ts';
import type { DescribedRoute, Instruments, ReferenceFacts } from './instruments.ts';
import { namesOfPages, readServedPage } from './served-pages.rules.ts';

/** A route as the router tells of it when it is registered. */
type RegisteredRoute = {
  method: string | readonly string[];
  url: string;
  config?: { permission?: string };
  schema?: { hide?: boolean };
};

/** Remembers the routes of a server: its `note` is an `onRoute` hook. */
export type RouteList = { note(route: RegisteredRoute): void; list(): ReferenceFacts['routes'] };

/** Routes that are no operations: pages, static files, and what takes any method of somebody else's API. */
const notOperations = /^(?:\/docs|\/openapi\.json)|\*$/;

export function createRouteList(): RouteList {
  const routes: { method: string; path: string; permission: string }[] = [];
  return {
    note({ method, url, config, schema }) {
      if (schema?.hide === true || notOperations.test(url)) return;
      const path = url.replaceAll(/:(\w+)/g, '{$1}');
      for (const one of [method].flat()) {
        // Fastify answers HEAD wherever it answers GET.
        if (one !== 'HEAD') routes.push({ method: one, path, permission: config?.permission ?? 'operator' });
      }
    },
    list: () => routes,
  };
}

type Operation = {
  summary?: string;
  parameters?: { schema?: object }[];
  requestBody?: { content?: Record<string, { schema?: object }> };
  responses?: Record<string, { content?: object; description?: string }>;
  'x-permission'?: string;
};
type Document = {
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: { Problem?: { properties?: { code?: { enum?: string[] } } } } };
};

/** What this gateway serves about itself, read as it is served. */
export function createServedReference(options: {
  routes: RouteList;
  /** The body that a GET of this path answers. */
  read: (path: string) => Promise<string>;
  /** Codes of problems that were answered since the start. */
  answered: () => Iterable<string>;
}): Instruments['reference'] {
  return async () => {
    const document = JSON.parse(await options.read('/openapi.json')) as Document;
    const page = await options.read('/docs/problems');
    const pages = namesOfPages(await options.read('/docs/guide')).map(async (name) =>
      readServedPage(name, await options.read(`/docs/guide/${name}`)),
    );
    const described = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => describe(method, path, operation)),
    );
    return {
      routes: options.routes.list(),
      described,
      registered: Object.entries(problemCodes).map(([code, { status, title }]) => ({
        code,
        complete: status >= 400 && title.length > 0,
      })),
      documented: document.components?.schemas?.Problem?.properties?.code?.enum ?? [],
      explained: [...page.matchAll(/<tr id="([a-z_]+)"/g)].map(([, code]) => code ?? ''),
      answered: [...options.answered()],
      pages: await Promise.all(pages),
    };
  };
}

function describe(method: string, path: string, operation: Operation): DescribedRoute {
  const { parameters = [], requestBody, responses = {}, summary = '' } = operation;
  const bodies = requestBody === undefined ? [] : Object.values(requestBody.content ?? {});
  return {
    method: method.toUpperCase(),
    path,
    hasSummary: summary !== '',
    hasSuccess: Object.keys(responses).some((status) => status.startsWith('2')),
    describesInput: [...parameters, ...bodies].every(({ schema }) => schema !== undefined),
    permission: operation['x-permission'] ?? null,
    refusals: Object.keys(responses)
      .filter((status) => /^4\d\d$/.test(status))
      .map(Number),
  };
}
