import { type AuditContext, recordChange } from '../audit/record-change.ts';
import type { ConnectionDirectory } from '../connections/connection-config.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { findArchivePlan } from '../providers/archive-plans.ts';
import { requireTeam } from '../teams/require-team.ts';
import { findJobOf, insertJobs } from './archive-job.store.ts';
import type { ArchiveJob } from './archive-job.ts';
import { retryJob } from './retry-job.ts';

/**
 * Has the documents of one subject archived now, without waiting for an event: of the past, or of a connection that does
 * not archive by itself. A subject that has a job already is fetched once more.
 * @param input.completion the event type that it would have come with; the provider's first unless given.
 * @throws Problem not_found, invalid_request
 */
export async function archiveSubject(
  ctx: AuditContext &
    Pick<Context, 'database' | 'ids'> & {
      connections: Pick<ConnectionDirectory, 'find' | 'awaitNew'>;
      onJob: () => void;
    },
  input: { teamId: string; connectionId: string; subject: string; completion?: string | undefined },
): Promise<ArchiveJob> {
  const { teamId, connectionId, subject } = input;
  await requireTeam(ctx.database, teamId);
  const connection = await findConnection(ctx.connections, connectionId);
  if (connection === null || connection.teamId !== teamId) {
    throw new Problem('not_found', `There is no connection ${connectionId.slice(0, 60)}.`);
  }
  const plan = findArchivePlan(connection.profile.name);
  const completion = input.completion ?? plan?.completionEvents[0];
  if (plan === null || completion === undefined) {
    const detail = `${connection.profile.title} has no documents that Posthorn archives; name another connection.`;
    throw new Problem('invalid_request', detail, {
      errors: [{ pointer: '/connection', message: 'is of a provider without documents' }],
    });
  }
  if (!plan.completionEvents.includes(completion)) {
    const message = `must be one of ${plan.completionEvents.join(', ')}`;
    throw new Problem('invalid_request', `The completion ${message}.`, {
      errors: [{ pointer: '/completion', message }],
    });
  }
  const key = { teamId, connectionId, subject, completion };
  const id = ctx.ids.next(idPrefixes.archiveJob);
  const made = await inTransaction(ctx.database, async (client) => {
    const count = await insertJobs(client, [{ ...key, id, provider: plan.provider, eventId: null }]);
    if (count > 0) {
      await recordChange(ctx, client, {
        teamId,
        action: 'archive-job.created',
        target: { kind: 'archive-job', id },
        fields: { connection: 'shown', subject: 'shown', completion: 'shown' },
        after: { connection: connectionId, subject, completion },
      });
    }
    return count;
  });
  const job = await findJobOf(ctx.database, key);
  if (job === null) throw new Error('the archive job was deleted as soon as it was made');
  if (made === 0) return retryJob(ctx, { teamId, jobId: job.id });
  ctx.onJob();
  return job;
}

async function findConnection(connections: Pick<ConnectionDirectory, 'find' | 'awaitNew'>, connectionId: string) {
  if (!isId(idPrefixes.connection, connectionId)) return null;
  const known = connections.find(connectionId);
  if (known !== null) return known;
  await connections.awaitNew(connectionId);
  return connections.find(connectionId);
}
