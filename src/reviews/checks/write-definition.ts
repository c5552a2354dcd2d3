import type pg from 'pg';
import { recordChange } from '../../audit/record-change.ts';
import { inTransaction } from '../../database/transaction.ts';
import { Problem } from '../../problem.ts';
import { lockTeam, requireTeam } from '../../teams/require-team.ts';
import type { Context } from '../../context.ts';
import { readAsTeam } from '../../database/read-as-team.ts';
import type { ReviewParts } from '../review-context.ts';
import type { DefinitionKind } from './definition-kind.ts';
import type { Stored } from './team-check.ts';

/** What definitions are judged with. */
export type TeamCheckPorts = {
  reviewing: Pick<ReviewParts, 'catalogueOf'>;
  /** Why requests may not go to a URL; null when they may. */
  refusalOfUrl: (url: string) => string | null;
};
type DefinitionContext = Context & TeamCheckPorts;
type Named = { teamId: string; id: string };

/** By id. @throws Problem not_found */
export async function listDefinitions<Definition extends { id: string }>(
  { database }: Pick<Context, 'database'>,
  { store }: DefinitionKind<Definition>,
  teamId: string,
): Promise<Stored<Definition>[]> {
  return readAsTeam(database, teamId, async (reader) => {
    await requireTeam(reader, teamId);
    return store.list(reader, teamId);
  });
}

/** @throws Problem not_found */
export async function getDefinition<Definition extends { id: string }>(
  ctx: Pick<Context, 'database'>,
  kind: DefinitionKind<Definition>,
  { teamId, id }: Named,
): Promise<Stored<Definition>> {
  return findOrRefuse(await listDefinitions(ctx, kind, teamId), kind, id);
}

/** @throws Problem invalid_request, conflict, limit_reached, not_found */
export async function createDefinition<Definition extends { id: string }>(
  ctx: DefinitionContext,
  kind: DefinitionKind<Definition>,
  { teamId, definition }: { teamId: string; definition: Definition },
): Promise<Stored<Definition>> {
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    await refuseFaults(ctx, client, kind, teamId, definition);
    const all = await kind.store.list(client, teamId);
    if (all.some(({ id }) => id === definition.id)) {
      throw new Problem(
        'conflict',
        `There is a ${kind.noun} ${definition.id} already: replace it, or name this another.`,
      );
    }
    if (all.length >= kind.most) {
      throw new Problem('limit_reached', `A team has at most ${kind.most} ${kind.noun}s of its own.`);
    }
    const stored = await kind.store.insert(client, teamId, definition);
    await record(ctx, client, kind, { teamId, action: kind.actions.created, before: null, after: stored });
    return stored;
  });
}

/**
 * Replaces a definition as a whole. Evidence that was measured by the former one is stale.
 * @param input.version of the definition that the new one was made from
 * @throws Problem invalid_request, conflict, not_found
 */
export async function replaceDefinition<Definition extends { id: string }>(
  ctx: DefinitionContext,
  kind: DefinitionKind<Definition>,
  { teamId, definition, version }: { teamId: string; definition: Definition; version: number },
): Promise<Stored<Definition>> {
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = findOrRefuse(await kind.store.list(client, teamId), kind, definition.id);
    if (before.version !== version) {
      throw new Problem('conflict', `It was changed meanwhile: it has version ${before.version}. Read it again.`);
    }
    await refuseFaults(ctx, client, kind, teamId, definition);
    const after = await kind.store.replace(client, teamId, definition);
    await record(ctx, client, kind, { teamId, action: kind.actions.updated, before, after });
    return after;
  });
}

/** @throws Problem conflict when something needs it; not_found */
export async function deleteDefinition<Definition extends { id: string }>(
  ctx: DefinitionContext,
  kind: DefinitionKind<Definition>,
  { teamId, id }: Named,
): Promise<void> {
  await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = findOrRefuse(await kind.store.list(client, teamId), kind, id);
    const user = await kind.usedBy(client, teamId, id);
    if (user !== null) throw new Problem('conflict', `${id} is part of ${user}: take it out there first.`);
    await kind.store.remove(client, teamId, id);
    await record(ctx, client, kind, { teamId, action: kind.actions.deleted, before, after: null });
  });
}

function findOrRefuse<Definition extends { id: string }>(
  all: readonly Stored<Definition>[],
  { noun }: DefinitionKind<Definition>,
  id: string,
): Stored<Definition> {
  const found = all.find((each) => each.id === id);
  if (found === undefined) throw new Problem('not_found', `The team has no ${noun} ${id} of its own.`);
  return found;
}

async function refuseFaults<Definition extends { id: string }>(
  { reviewing, refusalOfUrl }: DefinitionContext,
  client: pg.PoolClient,
  kind: DefinitionKind<Definition>,
  teamId: string,
  definition: Definition,
): Promise<void> {
  const catalogue = await reviewing.catalogueOf(teamId, client);
  const faults = kind.faults(definition, { catalogue, refusalOfUrl });
  if (faults.length === 0) return;
  throw new Problem('invalid_request', `The ${kind.noun} cannot be as it is written.`, { errors: faults });
}

/** The whole is there as a digest: it can be compared, and holds URLs that may say much. */
async function record<Definition extends { id: string }>(
  ctx: DefinitionContext,
  client: pg.PoolClient,
  { noun }: DefinitionKind<Definition>,
  change: {
    teamId: string;
    action: DefinitionKind<Definition>['actions']['created'];
    before: Stored<Definition> | null;
    after: Stored<Definition> | null;
  },
): Promise<void> {
  const facts = (stored: Stored<Definition> | null) => {
    if (stored === null) return null;
    const { version, createdAt: _made, updatedAt: _changed, ...definition } = stored;
    return { version, definition };
  };
  await recordChange(ctx, client, {
    teamId: change.teamId,
    action: change.action,
    target: { kind: `team-${noun}`, id: (change.after ?? change.before)?.id ?? '' },
    fields: { version: 'shown', definition: 'digest' },
    before: facts(change.before),
    after: facts(change.after),
  });
}
