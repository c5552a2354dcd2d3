import type { FastifyReply } from 'fastify';
import { type Problem, problemCodes } from '../problem.ts';

const contentType = 'application/problem+json; charset=utf-8';

/** RFC 9457. `type` points to this node's own page, `instance` is the request's id. */
function problemBody(problem: Problem, requestId: string): string {
  return JSON.stringify({
    type: `/docs/problems#${problem.code}`,
    title: problemCodes[problem.code].title,
    status: problem.status,
    code: problem.code,
    detail: problem.message,
    instance: requestId,
    errors: problem.errors,
  });
}

/** Sends a problem as the answer, with the headers that belong to its code. */
export function sendProblem(reply: FastifyReply, problem: Problem): void {
  const { code, retryAfterSeconds } = problem;
  reply.code(problem.status).header('content-type', contentType).header('cache-control', 'no-store');
  reply.header('posthorn-request-id', reply.request.id);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfterSeconds))));
  if (code === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="posthorn"');
  if (code === 'shutting_down' || code === 'payload_too_large') reply.header('connection', 'close');
  reply.send(problemBody(problem, reply.request.id));
}

/** The same over a bare socket, for requests that HTTP itself could not read. */
export function rawProblem(problem: Problem, requestId: string): string {
  const body = problemBody(problem, requestId);
  const head = `HTTP/1.1 ${problem.status} ${problem.status === 408 ? 'Request Timeout' : 'Bad Request'}`;
  return `${head}\r\ncontent-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
}
