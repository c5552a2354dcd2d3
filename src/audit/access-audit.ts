import type { Context } from '../context.ts';
import { createGroupCommit } from '../database/group-commit.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem, type ProblemCode } from '../problem.ts';
import type { AuditAction } from './audit-actions.rules.ts';
import { actorOf } from './audit-actor.rules.ts';
import { appendEntries, type NewEntry } from './audit-entry.store.ts';
import type { AuditContent } from './audit-entry.ts';
import type { Json } from './canonical-json.rules.ts';

type KeyActor = Extract<Context['actor'], { kind: 'api-key' }>;

/** Who asked for what: `route` is a method and the pattern of a path, never a path that somebody wrote. */
export type AccessRequest = { route: string; address: string; requestId: string };

/** What is recorded at the rate of requests: written in batches, each of which is one commit. */
export type AccessAudit = {
  /**
   * A key that is known was refused. Resolves when that is on record: the refusal is answered then, and not before.
   * @param foreignTeam the team of the path, where it is not the key's own; only what is an id of one is recorded.
   * @throws Problem overloaded; what the database throws
   */
  refused(actor: KeyActor, request: AccessRequest, why: { code: ProblemCode; foreignTeam?: string }): Promise<void>;
  /** A key was taken. Costs a look into a set but for the first time in this process. */
  used(actor: KeyActor, request: () => AccessRequest): void;
  /** Somebody reads the audit log itself. Resolves when that is on record. */
  read(
    ctx: Pick<Context, 'actor' | 'requestId' | 'address'>,
    what: { team: string | null; action: Extract<AuditAction, 'audit.read' | 'audit.exported'>; filter: Json },
  ): Promise<void>;
  /** Resolves when everything is written. */
  idle(): Promise<void>;
};

const batchMost = 500;
const pendingMost = 20_000;
const rememberedKeys = 50_000;

/** @param options.onWritten so many entries were committed */
export function createAccessAudit(
  options: Pick<Context, 'database' | 'ids' | 'clock'> & {
    onWritten: (count: number) => void;
    onError: (error: unknown) => void;
  },
): AccessAudit {
  const { database, ids, clock } = options;
  // Keys whose first use is on record, or about to be.
  const usedKeys = new Set<string>();

  const entries = createGroupCommit<NewEntry, null>({
    async write(batch) {
      await appendEntries(database, batch);
      return batch.map(() => null);
    },
    maxBatch: batchMost,
    parallel: 1,
    onWritten: (batch) => options.onWritten(batch.length),
    onFailed: (error) => {
      usedKeys.clear();
      options.onError(error);
    },
  });

  const begin = (at: { address: string | null; requestId: string | null }) => ({
    id: ids.next(idPrefixes.auditEntry),
    at: new Date(clock.now()).toISOString(),
    before: null,
    address: at.address,
    requestId: at.requestId,
  });
  const add = async (content: AuditContent): Promise<void> => {
    if (entries.pending >= pendingMost) {
      throw new Problem('overloaded', 'More is refused than can be recorded; wait a little.', { retryAfterSeconds: 1 });
    }
    await entries.add({ content, onlyFirst: false });
  };

  return {
    refused: (actor, request, { code, foreignTeam }) =>
      add({
        ...begin(request),
        team: actor.teamId,
        actor: actorOf(actor),
        action: 'access.refused',
        target: { kind: 'route', id: request.route },
        after: { code, ...(foreignTeam === undefined ? {} : { team: foreignTeam }) },
        outcome: 'refused',
      }),
    used(actor, describe) {
      if (usedKeys.has(actor.apiKeyId)) return;
      if (usedKeys.size >= rememberedKeys) usedKeys.clear();
      usedKeys.add(actor.apiKeyId);
      const request = describe();
      const content: AuditContent = {
        ...begin(request),
        team: actor.teamId,
        actor: actorOf(actor),
        action: 'api-key.first-used',
        target: { kind: 'api-key', id: actor.apiKeyId },
        after: { route: request.route },
        outcome: 'succeeded',
      };
      entries.push({ content, onlyFirst: true });
    },
    read: (ctx, { team, action, filter }) =>
      add({
        ...begin(ctx),
        team,
        actor: actorOf(ctx.actor),
        action,
        target: team === null ? { kind: 'audit', id: 'all' } : { kind: 'audit', id: team },
        after: filter,
        outcome: 'succeeded',
      }),
    idle: () => entries.idle(),
  };
}
