import { Problem } from '../problem.ts';
import type { ApiRequest } from '../providers/api-profile.ts';
import type { Call, Calling } from './call.ts';
import { CallRecord } from './call-record.ts';
import type { ConnectionStates } from './connection-states.ts';
import type { Departure } from './departure.ts';
import type { IncomingCall } from './incoming-call.ts';
import { mayUseMemory } from './kept-answers.ts';
import { maskPath } from './policy/mask-body.rules.ts';
import { readEgressPath } from './policy/request-path.rules.ts';

const longestPath = 2_000;

/**
 * Reads what the call is.
 * @throws Problem invalid_path
 */
export function openCall(
  calling: Calling,
  states: ConnectionStates,
  incoming: IncomingCall,
  departure: Departure,
): Call {
  const { connection, method } = incoming;
  const target = readEgressPath(incoming.target, incoming.prefix);
  if (!target.ok) throw new Problem('invalid_path', `The path ${target.reason}.`);
  const { ports } = calling;
  const state = states.of(connection);
  const query = target.query;
  let parsed: URLSearchParams | null = null;
  const request: ApiRequest = {
    method,
    path: state.basePath + target.path,
    get query() {
      parsed ??= new URLSearchParams(query);
      return parsed;
    },
  };
  const { profile } = connection;
  const operation = profile.operationOf(request);
  const path = target.path + query;
  const record = new CallRecord(
    {
      teamId: connection.teamId,
      id: ports.ids.next('call'),
      connectionId: connection.id,
      provider: profile.name,
      environment: connection.environment,
      apiKeyId: incoming.apiKeyId,
      origin: incoming.origin,
      method,
      operation: operation.name,
      template: operation.template,
      subject: operation.subject,
      resource: profile.polling?.resourceOf(request) ?? null,
      path: maskPath(path).slice(0, longestPath),
      counted: operation.counted,
    },
    ports.monotonicMs(),
  );
  return {
    calling,
    incoming,
    state,
    request,
    operation,
    path,
    repeatable: operation.repeatable || hasIdempotencyKey(incoming),
    usesMemory: mayUseMemory(incoming),
    record,
    departure,
    pending: null,
    isBegun: false,
    budgetRemaining: null,
    attempt: null,
  };
}

/** The provider recognises what it has seen before, or the caller says that it does. */
function hasIdempotencyKey({ headers }: IncomingCall): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === 'idempotency-key' && headers[index + 1] !== '') return true;
  }
  return false;
}
