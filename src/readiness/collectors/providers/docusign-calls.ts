import type { ConnectionConfig } from '../../../connections/connection-config.ts';
import { idFromUuid, idPrefixes, timeOfId, uuidFromId } from '../../../ids/id.rules.ts';
import type { Subject } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidSince } from '../../subject-uuids.ts';
import { newestTries, pollingWindowMs, reviewedMost, type ReviewedCall } from './docusign-tries.rules.ts';

/** What DocuSign's review of calls would look at. */
export type ReviewedCalls =
  | { concerned: false; why: string }
  | {
      concerned: true;
      connections: number;
      /** The newest counted calls: they hold at least the 20 newest tries. */
      newest: readonly ReviewedCall[];
      /** Reads since 15 minutes before the oldest of those tries. */
      reads: readonly ReviewedCall[];
    };

type Row = Omit<ReviewedCall, 'atMs' | 'id'> & { id: string };

const columns = `id, method, path, resource, subject, outcome, status, error, error_code AS "errorCode",
  credential_kind AS "credentialKind", tries`;
/** What never left Posthorn: from memory, refused by the guard, or ended before its first try. */
const left = `(outcome IN (1, 2) AND (cache IS NOT NULL OR polling IN ('served', 'refused') OR tries_count = 0)) IS NOT TRUE`;
const readsMost = 5_000;

/**
 * The calls of an integration key's developer account: those of every sandbox connection that has the key. A connection
 * to production is reviewed by the sandbox connections of its key.
 */
export async function gatherReviewedCalls(
  context: Pick<GatheringContext, 'query' | 'connections'>,
  subject: Subject,
): Promise<ReviewedCalls> {
  const connection = context.connections.find(subject.id);
  if (connection === null) throw new Error(`${subject.id} cannot be read`);
  if (connection.profile.name !== 'docusign') return { concerned: false, why: 'It is no connection to DocuSign.' };
  const siblings = sandboxesOf(connection, [...context.connections.all()]);
  if (siblings.length === 0) {
    return { concerned: false, why: 'No sandbox connection of this team has its integration key.' };
  }
  // Each by the index of its connection; uuids of our own making, named so that the planner knows them.
  const perConnection = (where: string, most: number): string =>
    siblings
      .map(
        ({ id }) =>
          `(SELECT ${columns} FROM call WHERE connection_id = '${uuidFromId(id)}'::uuid AND ${where} AND ${left} ORDER BY id DESC LIMIT ${most})`,
      )
      .join(' UNION ALL ');
  const newestRows = await context.query<Row>(
    `SELECT * FROM (${perConnection(`counted AND id >= '${uuidSince(0)}'::uuid`, reviewedMost)}) c ORDER BY id DESC`,
  );
  const newest = newestRows.map(toCall);
  const oldest = newestTries(newest).at(-1);
  if (oldest === undefined) return { concerned: true, connections: siblings.length, newest, reads: [] };
  const sinceMs = Math.min(oldest.atMs, oldest.call.atMs) - pollingWindowMs;
  const since = `counted AND method = 'GET' AND resource IS NOT NULL AND id >= '${uuidSince(sinceMs)}'::uuid`;
  const reads = await context.query<Row>(`SELECT * FROM (${perConnection(since, readsMost)}) c ORDER BY id`);
  return { concerned: true, connections: siblings.length, newest, reads: reads.map(toCall) };
}

function toCall(row: Row): ReviewedCall {
  const id = idFromUuid(idPrefixes.call, row.id);
  return { ...row, id, atMs: timeOfId(id) };
}

function sandboxesOf(connection: ConnectionConfig, all: readonly ConnectionConfig[]): ConnectionConfig[] {
  const keys = integrationKeysOf(connection);
  return all.filter(
    (each) =>
      each.teamId === connection.teamId &&
      each.profile.name === 'docusign' &&
      each.environment === 'sandbox' &&
      (each.id === connection.id || [...integrationKeysOf(each)].some((key) => keys.has(key))),
  );
}

function integrationKeysOf({ credentials }: ConnectionConfig): Set<string> {
  return new Set(
    credentials.flatMap(({ fields }) => {
      const key = fields['integrationKey'];
      return key !== undefined && 'value' in key ? [key.value.toLowerCase()] : [];
    }),
  );
}
