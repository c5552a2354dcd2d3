import { createIdSource } from '../ids/id-source.ts';
import type { AuditContext } from './record-change.ts';

/** Whoever uses the command line on the database itself, past the API: the machine knows who that is, Posthorn does not. */
export function byCommandLine(): AuditContext {
  const clock = { now: () => Date.now() };
  return {
    clock,
    ids: createIdSource(clock),
    actor: { kind: 'command-line', id: null, memberId: null },
    requestId: null,
    address: null,
  };
}
