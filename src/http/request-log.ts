import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../problem.ts';

/** As much of pino as HTTP needs. */
export type HttpLog = Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>;

const slowMs = 1_000;

/**
 * One line for an answer that is an error or came slowly. Its fields are named here one by one: no header, no query
 * and no body can slip in.
 */
export function logAnswer(log: HttpLog, request: FastifyRequest, reply: FastifyReply, problem?: Problem): void {
  const status = reply.statusCode;
  // Of routes that answer by themselves Fastify measures nothing, and says 0: the call ledger has their time.
  const durationMs = reply.elapsedTime === 0 ? undefined : Math.round(reply.elapsedTime);
  const wasSlow = durationMs !== undefined && durationMs >= slowMs;
  if (status < 400 && !wasSlow) return;
  const { actor } = request;
  const fields = {
    requestId: request.id,
    method: request.method,
    route: request.routeOptions.url,
    status,
    code: problem?.code,
    durationMs,
    ...(actor?.kind === 'api-key' ? { teamId: actor.teamId, apiKeyId: actor.apiKeyId } : {}),
  };
  if (status >= 500) log.warn(fields, 'request failed');
  else if (wasSlow) log.info(fields, 'request was slow');
  else log.debug(fields, 'request refused');
}

/** What went wrong inside, for whoever reads the log. PostgreSQL repeats the values it refuses: those are left out. */
export function logInternal(log: HttpLog, request: FastifyRequest, cause: unknown): void {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const { code } = error as { code?: unknown };
  const message = 'severity' in error ? error.message.replaceAll(/".*"/gs, '"…"') : error.message;
  const stack = error.stack
    ?.split('\n')
    .slice(1, 12)
    .map((line) => line.trim());
  const fields = { requestId: request.id, method: request.method, route: request.routeOptions.url };
  log.error({ ...fields, error: { name: error.name, code, message, stack } }, 'request hit an unexpected error');
}
