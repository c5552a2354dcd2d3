import type { AuditAction } from './audit-actions.rules.ts';
import type { Json } from './canonical-json.rules.ts';

/** Who acted. `id` is of the api key; a member is named where the key is one of theirs. */
export type AuditActor = {
  kind: 'operator' | 'api-key' | 'command-line' | 'posthorn';
  id: string | null;
  memberId: string | null;
};

/** What was acted on. The id of a route is its method and its path. */
export type AuditTarget = { kind: string; id: string };

/** `refused`: it was not done. `failed`: it was, and not all of it went well. */
export type AuditOutcome = 'succeeded' | 'refused' | 'failed';

/** What an entry says. Its place in the chain and its hash come with the commit. Nothing in it is a secret. */
export type AuditContent = {
  id: string;
  /** RFC 3339, milliseconds. */
  at: string;
  /** Null: of the gateway itself. */
  team: string | null;
  actor: AuditActor;
  action: AuditAction;
  target: AuditTarget | null;
  /** What changed, as it was; null when it was not there before, or nothing changes. */
  before: Json;
  after: Json;
  address: string | null;
  requestId: string | null;
  outcome: AuditOutcome;
};

/** An entry in its chain. `hash` is hex. */
export type AuditEntry = AuditContent & { sequence: number; hash: string };

/** The last entry of a chain. `team` is null for the gateway's own. */
export type AuditHead = { team: string | null; sequence: number; hash: string };
