import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { problemCodes } from '../problem.ts';
import { permissions } from '../teams/permissions.rules.ts';
import type { RoutePermission } from './authentication.ts';

const problemSchema = {
  type: 'object',
  description: 'What went wrong, as RFC 9457 has it.',
  required: ['type', 'title', 'status', 'code', 'detail', 'instance'],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'The page that explains the code.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(problemCodes) },
    detail: { type: 'string', description: 'This very case, and how to mend it.' },
    instance: { type: 'string', description: 'The id of the request, as in `posthorn-request-id`.' },
    errors: {
      type: 'array',
      description: 'Where: a JSON pointer into the body, or `?name` for a query parameter.',
      items: {
        type: 'object',
        required: ['pointer', 'message'],
        properties: { pointer: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
  examples: [
    {
      type: '/docs/problems#invalid_url',
      title: problemCodes.invalid_url.title,
      status: 422,
      code: 'invalid_url',
      detail: 'The URL is not https. Use an https URL.',
      instance: 'req_4f1c2d3a5b6e1x',
      errors: [{ pointer: '/url', message: 'is not https' }],
    },
  ],
};

const permissionList = Object.entries(permissions).map(([name, meaning]) => `- \`${name}\`: ${meaning}`);
const description = `Posthorn receives the webhooks of providers through sources, accepts events of your own, and delivers both, signed, to every endpoint that subscribes to their type.

Authenticate with \`Authorization: Bearer <api key>\`: the operator key, or a key of one team with these permissions:

${permissionList.join('\n')}

Ids sort by time. Times are RFC 3339 in UTC. Lists answer \`data\` and \`nextCursor\`, which is the next page's \`cursor\`. Problems are \`application/problem+json\` with a \`code\` from one closed set.`;

type DocumentedSchema = FastifySchema & { summary?: string; hide?: boolean };

/** Collects the routes into one OpenAPI 3.1 document, answered at `/openapi.json`. */
export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Posthorn',
        version,
        description,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } as never,
      },
      servers: [{ url: '/', description: 'This node' }],
      tags: [
        'Teams',
        'API keys',
        'Members',
        'Event types',
        'Endpoints',
        'Sources',
        'Connections',
        'Calls',
        'Archive',
        'Events',
        'Deliveries',
        'Replays',
        'Feed',
        'Readiness',
        'Audit',
        'Operations',
      ].map((name) => ({ name })),
      components: {
        securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'The operator key or an api key.' } },
        schemas: { Problem: problemSchema as never },
      },
    },
    transform: ({ schema, url, route }) => {
      const documented: DocumentedSchema = schema ?? {};
      if (documented.hide === true || documented.summary === undefined)
        return { schema: { ...documented, hide: true }, url };
      const permission = route.config?.permission ?? 'operator';
      const declared = (documented.response ?? {}) as Record<string, unknown>;
      const answers = Object.keys(declared).some((status) => status.startsWith('2'))
        ? declared
        : { ...asItIs, ...declared };
      const problems = [...statusesOf(permission, documented, route.method), ...(route.config?.problems ?? [])];
      const response = { ...answers, ...problemResponses(problems) };
      const operationId = toOperationId(documented.summary);
      const security = permission === 'public' ? [] : [{ apiKey: [] }];
      const { querystring, body } = documented;
      const asked = {
        ...(querystring === undefined ? {} : { querystring: withoutDefaulted(querystring) }),
        ...(body === undefined ? {} : { body: withoutDefaulted(body) }),
      };
      const described = { operationId, ...documented, ...asked, response, security, 'x-permission': permission };
      return { schema: described, url };
    },
  });
  let text: string | null = null;
  const route = { config: { permission: 'public' }, schema: { hide: true }, exposeHeadRoute: true } as const;
  app.get('/openapi.json', route, (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
    reply.type('application/json; charset=utf-8').send(text);
  });
}

/** What has a default need not be sent, although it is always there once the request is read. */
function withoutDefaulted(schema: unknown): unknown {
  const { properties, required } = (schema ?? {}) as { properties?: Record<string, object>; required?: string[] };
  if (properties === undefined || required === undefined) return schema;
  return { ...(schema as object), required: required.filter((name) => !('default' in (properties[name] ?? {}))) };
}

/** What routes answer that write bytes past Fastify's serialisation. */
const asItIs = { 200: { description: 'What was asked for, as it is.', content: { '*/*': { schema: {} } } } };

const problemDescriptions: Readonly<Record<number, string>> = {
  400: 'The request is not valid.',
  401: 'The API key is missing, unknown, expired or revoked.',
  403: 'The API key does not hold the permission.',
  404: 'There is no such thing in this team.',
  405: 'This path does not take that method.',
  409: 'It exists already, or its state does not allow this.',
  413: 'The body is too large.',
  415: 'This content type is not taken.',
  422: 'What the request says cannot be done.',
  429: 'Too many requests; `Retry-After` says when to come again.',
  503: 'Not now; `Retry-After` says when to come again.',
};

/** The problems that follow from what a route takes; what it answers besides stands in its configuration. */
function statusesOf(permission: RoutePermission, schema: DocumentedSchema, method: string | string[]): number[] {
  const statuses = permission === 'public' ? [] : [401, 403, 404, 429, 503];
  if (schema.body !== undefined) return [...statuses, 400, 409, 413, 415, 422];
  if (schema.querystring !== undefined || demandsOfPath(schema.params)) statuses.push(400);
  if (permission !== 'public' && method !== 'GET') statuses.push(409);
  return statuses;
}

/** Whether a part of the path can be refused for its form: without one, it names nothing and is 404. */
function demandsOfPath(params: unknown): boolean {
  const { properties = {} } = (params ?? {}) as { properties?: Record<string, Record<string, unknown>> };
  return Object.values(properties).some(
    (property) => property['type'] !== 'string' || 'pattern' in property || 'format' in property,
  );
}

function problemResponses(statuses: readonly number[]): Record<string, unknown> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: problemDescriptions[status],
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

function toOperationId(summary: string): string {
  const words = summary
    .replaceAll(/[^A-Za-z0-9 ]/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '' && !['a', 'an', 'the', 'of', 'to', 'its', 'one'].includes(word.toLowerCase()));
  return words
    .map((word, index) => (index === 0 ? word.toLowerCase() : word[0]?.toUpperCase() + word.slice(1).toLowerCase()))
    .join('');
}
