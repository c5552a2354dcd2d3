import type pg from 'pg';
import type { Context } from '../context.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import type { AuditAction } from './audit-actions.rules.ts';
import { actorOf } from './audit-actor.rules.ts';
import { appendEntries } from './audit-entry.store.ts';
import type { AuditActor, AuditContent, AuditOutcome, AuditTarget } from './audit-entry.ts';
import { type AuditedFields, describeChange } from './audited-fields.rules.ts';

/** What a use case has of whoever asks: a request's context, or an actor without a request. */
export type AuditContext = Pick<Context, 'ids' | 'clock'> & {
  actor: Context['actor'] | AuditActor;
  requestId: string | null;
  address: string | null;
};

export type RecordedChange = {
  /** Null: of the gateway itself. */
  teamId: string | null;
  action: AuditAction;
  target: AuditTarget | null;
  /** Which fields are shown, and the state before and after: null where there is none. */
  fields: AuditedFields;
  before?: Readonly<Record<string, unknown>> | null;
  after?: Readonly<Record<string, unknown>> | null;
  outcome?: AuditOutcome;
};

/**
 * Records what a use case does, in the transaction that does it: both are committed or none. The chain's head is locked
 * until then, so this is the last thing in the transaction.
 */
export async function recordChange(
  ctx: AuditContext,
  client: pg.PoolClient,
  { teamId, action, target, fields, before = null, after = null, outcome = 'succeeded' }: RecordedChange,
): Promise<void> {
  const content: AuditContent = {
    id: ctx.ids.next(idPrefixes.auditEntry),
    at: new Date(ctx.clock.now()).toISOString(),
    team: teamId,
    actor: actorOf(ctx.actor),
    action,
    target,
    ...describeChange(fields, before, after),
    address: ctx.address,
    requestId: ctx.requestId,
    outcome,
  };
  await appendEntries(client, [{ content, onlyFirst: false }]);
}
