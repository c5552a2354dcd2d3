import { METHODS } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ConnectionConfig, ConnectionDirectory } from '../connections/connection-config.ts';
import { tokenOfProviderHeaders } from '../http/request-token.rules.ts';
import { Problem } from '../problem.ts';
import { discardRest } from '../receiving/discard-rest.ts';
import { mayCall } from '../teams/permissions.rules.ts';
import type { Calls } from './create-calling.ts';
import { HttpAnswer } from './http-answer.ts';

/** CONNECT asks for a tunnel to anywhere, and TRACE for the request to come back, credentials and all. */
const refusedMethods: ReadonlySet<string> = new Set(['CONNECT', 'TRACE']);
const methods = METHODS.filter((method) => !refusedMethods.has(method));
/** What a call may take beyond its own time before its connection is closed for being idle. */
const graceMs = 30_000;

const unreadable =
  'The call did not go out: the connection cannot be read. posthorn keys status tells whether its credentials are sealed under another master key; otherwise the log of Posthorn says why.';

/** The URL to use in place of a provider's. Requests and answers pass raw, past Fastify's handling of bodies. */
export function egressRoutes(options: { calling: Calls; directory: ConnectionDirectory }) {
  const { calling, directory } = options;

  const make = (connection: ConnectionConfig, request: FastifyRequest, reply: FastifyReply): void => {
    const { raw } = request;
    // The server would take a connection for idle on which a provider is waited for.
    raw.socket.setTimeout(connection.policy.timeouts.totalMs + graceMs);
    const told: string[] = [];
    const answer = new HttpAnswer(reply.raw, () => void reply.hijack());
    const { actor } = request;
    calling
      .handle({
        connection,
        apiKeyId: actor?.kind === 'api-key' ? actor.apiKeyId : null,
        key: tokenOfProviderHeaders(request.headers),
        origin: 'egress',
        method: request.method,
        target: raw.url ?? '',
        prefix: `/egress/${connection.id}`,
        headers: raw.rawHeaders,
        body: calling.bodyOf(raw),
        answer,
        told,
      })
      .then(
        () => {
          // A provider may answer before it has read all, and the caller's connection is to be used again.
          if (!raw.complete) void discardRest(raw);
        },
        (error: unknown) => {
          for (let index = 0; index < told.length; index += 2) reply.header(told[index] as string, told[index + 1]);
          refuse(request, reply, error);
        },
      );
  };

  const pass = (request: FastifyRequest, reply: FastifyReply, isSecond = false): void => {
    const id = (request.params as { connection: string }).connection;
    const connection = directory.find(id);
    const coming = connection === null && !isSecond ? directory.awaitNew(id) : null;
    if (coming !== null) {
      void coming.then(() => pass(request, reply, true));
      return;
    }
    try {
      allow(id, directory.teamOf(id), request);
      if (connection === null) throw new Problem('credential_failed', unreadable);
      make(connection, request, reply);
    } catch (error) {
      refuse(request, reply, error);
    }
  };

  return async (app: FastifyInstance): Promise<void> => {
    for (const method of methods) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
    for (const url of ['/egress/:connection', '/egress/:connection/*']) {
      app.route({
        url,
        method: methods,
        config: {
          permission: 'connections:call',
          teamOfKey: true,
          providerHeaders: true,
          streamsBody: true,
          answersItself: true,
        },
        // It is as many calls as the provider has: docs/calling.md tells of it.
        schema: { hide: true },
        // As the first hook after the guard: all that Fastify does with a body comes later.
        onRequest: (request, reply): void => pass(request, reply),
        handler: (): never => {
          throw new Error('the hook before has answered');
        },
      });
    }
  };
}

/**
 * @param teamId whose the connection is; null: there is none
 * @throws Problem not_found, in the same words for what is not there and what is another team's; forbidden
 */
function allow(id: string, teamId: string | null, { actor }: FastifyRequest): void {
  const isMine = actor?.kind === 'operator' || (actor !== null && actor.teamId === teamId);
  if (teamId === null || !isMine) throw new Problem('not_found', 'There is no such connection.');
  if (actor.kind === 'api-key' && !mayCall(actor.permissions, id)) {
    const needed = `connections:call or connections:call:${id}`;
    throw new Problem('forbidden', `This API key may not call through this connection: it needs ${needed}.`);
  }
}

function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
  if (error instanceof Problem && error.code === 'request_timeout') reply.header('connection', 'close');
  reply.send(error);
  void discardRest(request.raw);
}
