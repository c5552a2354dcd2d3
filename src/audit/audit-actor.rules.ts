import type { Actor } from '../context.ts';
import type { AuditActor } from './audit-entry.ts';

/** Who acts, as the audit log names them. */
export function actorOf(actor: Actor | AuditActor): AuditActor {
  if (!('apiKeyId' in actor))
    return { kind: actor.kind, id: 'id' in actor ? actor.id : null, memberId: memberOf(actor) };
  return { kind: 'api-key', id: actor.apiKeyId, memberId: memberOf(actor) };
}

function memberOf(actor: object): string | null {
  return 'memberId' in actor && typeof actor.memberId === 'string' ? actor.memberId : null;
}
