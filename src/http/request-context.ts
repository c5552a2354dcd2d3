import type { FastifyRequest } from 'fastify';
import type { Context } from '../context.ts';
import { callerAddress } from './caller-address.rules.ts';

/** What main.ts knows of a context before there is a request. */
export type ContextServices = Omit<Context, 'actor' | 'requestId' | 'address'>;

/** The context of one request: what main.ts handed in, and who asks. Not for public routes. */
export function contextOf<Services extends ContextServices>(
  services: Services,
  request: FastifyRequest,
): Services & Pick<Context, 'actor' | 'requestId' | 'address'> {
  if (request.actor === null) throw new Error('a public route has no actor');
  return { ...services, actor: request.actor, requestId: request.id, address: callerAddress(request.ip) };
}
