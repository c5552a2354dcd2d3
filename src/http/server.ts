import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, {
  LogController,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { Problem, type ProblemCode } from '../problem.ts';
import { createAllowedMethods } from './allowed-methods.ts';
import type { AccessAudit } from '../audit/access-audit.ts';
import { accessOf, type Authentication } from './authentication.ts';
import { hasSeveralHosts } from './host-headers.rules.ts';
import { registerOpenApi } from './openapi.ts';
import { rawProblem, sendProblem } from './problem-answer.ts';
import { registerReferencePage } from './reference-routes.ts';
import { type HttpLog, logAnswer, logInternal } from './request-log.ts';
import { createSerializerCompiler } from './serialization.ts';
import { translateError } from './translate-error.ts';
import { createValidatorCompiler, takeJsonOnly } from './validation.ts';

/** How long a client may take, and how large it may be. Fastify would set Node's own limits to none. */
export type HttpLimits = {
  headersTimeoutMs: number;
  /** For the whole request to arrive. */
  requestTimeoutMs: number;
  /** Without a byte in either direction. */
  idleTimeoutMs: number;
  keepAliveTimeoutMs: number;
  bodyBytes: number;
};

const defaultLimits: HttpLimits = {
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 60_000,
  idleTimeoutMs: 120_000,
  keepAliveTimeoutMs: 65_000,
  bodyBytes: 1024 * 1024,
};

/**
 * The HTTP server without routes of its own but the documentation: register capabilities' routes, then listen.
 * Every route declares `config.permission` and is refused without one. Hooks are put on each route when it registers
 * and are synchronous; posting an event passes one, and no response hook.
 * @param options.isStopping requests are answered 503 from the moment it turns true.
 */
export async function createHttpServer(options: {
  authentication: Authentication;
  log: HttpLog;
  version: string;
  isStopping?: () => boolean;
  /** CIDRs of proxies whose X-Forwarded-For is believed. */
  trustedProxies?: readonly string[];
  /** A request was answered with a problem. */
  onProblem?: (code: ProblemCode) => void;
  /** What a use case forbids is on record before it is answered. What the guard forbids it records itself. */
  access?: Pick<AccessAudit, 'refused'>;
  limits?: Partial<HttpLimits>;
}): Promise<FastifyInstance> {
  const { authentication, log } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const isStopping = options.isStopping ?? (() => false);
  const allowed = createAllowedMethods();
  const nextId = createRequestIds();
  // Whose body may take longer than others: Node asks before it ends them.
  const streaming = new WeakMap<Socket, IncomingMessage>();

  const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = translateError(error, request.routeOptions.bodyLimit);
    const { actor } = request;
    if (problem.code !== 'forbidden' || actor?.kind !== 'api-key' || options.access === undefined) {
      return answerProblem(problem, request, reply);
    }
    options.access.refused(actor, accessOf(request), { code: problem.code }).then(
      () => answerProblem(problem, request, reply),
      (failure: unknown) => answerProblem(translateError(failure), request, reply),
    );
  };
  const answerProblem = (problem: Problem, request: FastifyRequest, reply: FastifyReply): void => {
    options.onProblem?.(problem.code);
    if (problem.code === 'internal') logInternal(log, request, problem.cause);
    sendProblem(reply, problem);
    logAnswer(log, request, reply, problem);
  };

  const app = fastify({
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    genReqId: nextId,
    trustProxy:
      options.trustedProxies === undefined || options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    bodyLimit: limits.bodyBytes,
    connectionTimeout: limits.idleTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, limits.headersTimeoutMs),
    },
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: answerError,
    clientErrorHandler(error: Error & { code?: string }, socket) {
      const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
      if (!isLate || streaming.get(socket)?.complete !== false) answerUnreadable(error, socket, nextId());
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  takeJsonOnly(app);
  app.setValidatorCompiler(createValidatorCompiler());
  app.setSerializerCompiler(await createSerializerCompiler());
  app.decorateRequest('actor', null);
  app.setErrorHandler<FastifyError>(answerError);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = allowed.of(path);
    if (methods.length === 0)
      return answerError(new Problem('not_found', 'There is nothing at this path.'), request, reply);
    reply.header('allow', methods.join(', '));
    const detail = `This path takes ${methods.join(', ')}.`;
    return answerError(new Problem('method_not_allowed', detail), request, reply);
  });

  const logSlow = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (reply.statusCode < 400) logAnswer(log, request, reply);
    done();
  };
  app.addHook('onRoute', (route) => {
    const permission = route.config?.permission;
    if (permission === undefined) throw new Error(`${String(route.method)} ${route.url} declares no config.permission`);
    const answersItself = route.config?.answersItself === true;
    allowed.add(route);
    const guard = authentication.guard(permission, route.config);
    const streamsBody = route.config?.streamsBody === true;
    const begin = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
      if (streamsBody) streaming.set(request.raw.socket, request.raw);
      if (!answersItself) reply.header('posthorn-request-id', request.id);
      if (hasSeveralHosts(request.raw.rawHeaders)) {
        reply.header('connection', 'close');
        done(new Problem('invalid_request', 'The request has more than one Host header: send one.'));
      } else if (isStopping() && permission !== 'public') done(shuttingDown());
      else guard(request, reply, done);
    };
    route.onRequest = [begin, ...[route.onRequest ?? []].flat()];
    // A response hook costs listeners on every request, so the hot routes do without.
    if (!answersItself) route.onResponse = [logSlow, ...[route.onResponse ?? []].flat()];
  });

  await registerOpenApi(app, options.version);
  registerReferencePage(app);
  return app;
}

function createRequestIds(): () => string {
  const prefix = `req_${randomBytes(6).toString('hex')}`;
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}${count.toString(36)}`;
  };
}

function shuttingDown(): Problem {
  return new Problem('shutting_down', 'This node is stopping; try again, another one will answer.', {
    retryAfterSeconds: 1,
  });
}

function answerUnreadable(error: Error & { code?: string }, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const problem = late
    ? new Problem('request_timeout', 'The request did not arrive in time.')
    : new Problem('invalid_request', 'This is not an HTTP request that can be read, or its headers are too large.');
  socket.end(rawProblem(problem, requestId), () => socket.destroy());
}
