import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { recordChange } from '../audit/record-change.ts';
import type { AuditedFields } from '../audit/audited-fields.rules.ts';
import type { ConnectionConfig, ConnectionDirectory } from '../connections/connection-config.ts';
import { findConnectionOrRefuse } from '../connections/find-or-refuse.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problem.ts';
import { lockTeam } from '../teams/require-team.ts';
import type { Caller } from './caller.ts';
import { type CheckedRead, judgeRead } from './checked-credential.rules.ts';

export type ConnectionCheck = {
  connection: string;
  /** What was read, below the base URL. */
  path: string;
  /** In the order in which they are used. */
  credentials: {
    id: string;
    name: string;
    /** Null: whether it works was not seen. */
    works: boolean | null;
    status: number | null;
    callId: string | null;
    says: string;
  }[];
};

const answerWithinMs = 40_000;
const knownWithinMs = 5_000;
const lookEveryMs = 50;
const audited: AuditedFields = { path: 'shown', credentials: 'shown' };

/**
 * One harmless read with each credential of a connection, one after the other. Each is a call as any other: under the
 * policy, and on record.
 * @param input.path in place of the provider's own
 * @throws Problem not_found; invalid_request where nothing says which read is harmless
 */
export async function checkConnection(
  ctx: Context & { directory: ConnectionDirectory; call: Caller },
  input: { teamId: string; connectionId: string; path?: string | undefined },
): Promise<ConnectionCheck> {
  const { teamId, connectionId } = input;
  const stored = await findConnectionOrRefuse(ctx, ctx.database, teamId, connectionId);
  const connection = await readConnection(ctx.directory, teamId, stored);
  const { profile, options } = connection;
  const path = input.path ?? profile.check(options)?.path ?? null;
  if (path === null) {
    const names = Object.keys(profile.options).join(', ');
    const remedy = `give \`path\`${names === '' ? '' : `, or set the connection's option ${names}`}`;
    const detail = `Nothing says which read of ${profile.title} is harmless: ${remedy}.`;
    throw new Problem('invalid_request', detail);
  }
  const credentials: ConnectionCheck['credentials'] = [];
  for (const { id, name, expiresAtMs } of connection.credentials) {
    const isExpired = expiresAtMs !== null && expiresAtMs <= ctx.clock.now();
    const { callId, ...read } = isExpired
      ? { callId: null, ...expired }
      : await readWith(ctx.call, connection, id, path);
    const status = read.kind === 'answered' ? read.status : null;
    credentials.push({ id, name, status, callId, ...judgeRead(profile.title, path.replace(/\?.*$/s, ''), read) });
  }
  await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    await recordChange(ctx, client, {
      teamId,
      action: 'connection.checked',
      target: { kind: 'connection', id: connectionId },
      fields: audited,
      after: { path, credentials: credentials.map(({ id, works }) => ({ id, works })) },
    });
  });
  return { connection: connectionId, path, credentials };
}

/** A node hears of a change a moment later: it is checked as it is stored, with the credentials that were just entered. */
async function readConnection(
  directory: ConnectionDirectory,
  teamId: string,
  { id, credentials }: { id: string; credentials: readonly { id: string }[] },
): Promise<ConnectionConfig> {
  const wanted = credentials.map((each) => each.id).join();
  directory.teamChanged(teamId);
  for (let waitedMs = 0; waitedMs < knownWithinMs; waitedMs += lookEveryMs) {
    const connection = directory.find(id);
    if (connection?.credentials.map((each) => each.id).join() === wanted) return connection;
    await pause(lookEveryMs);
  }
  const detail = 'This node did not hear of the connection in time. Try again.';
  throw new Problem('database_unavailable', detail, { retryAfterSeconds: 2 });
}

const expired = { kind: 'expired' } as const;

async function readWith(
  call: Caller,
  { id: connectionId }: ConnectionConfig,
  credentialId: string,
  path: string,
): Promise<CheckedRead & { callId: string | null }> {
  try {
    const signal = AbortSignal.timeout(answerWithinMs);
    const answer = await call({ connectionId, credentialId, method: 'GET', path, origin: 'check', signal });
    await drain(answer.body);
    return { kind: 'answered', status: answer.status, callId: answer.callId };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { kind: 'ended', code: error.code, detail: error.message, callId: null };
  }
}

/** What it says of the account is nobody's business here; one that breaks off has said enough. */
async function drain(body: Readable): Promise<void> {
  body.resume();
  await finished(body).catch(() => undefined);
}
