import { idFromUuid, idPrefixes } from '../../../ids/id.rules.ts';
import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeStored, type StoredCredential } from './connection.credential.only-in-store.rules.ts';

const weekMs = 7 * dayMs;
/** The newest calls that are looked through for one of an application: the archive makes others. */
const mostRead = 10_000;

export const credentialOnlyInStore: Collector<StoredCredential> = {
  checkId: 'connection.credential.only-in-store',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    const { team, own } = uuidsOf(subject);
    const { found: strays, unread } = context.strayCredentials(subject.id);
    const calls = await context.query(
      `SELECT 1 FROM (SELECT origin FROM call WHERE connection_id = $1 AND id >= $2 ORDER BY id DESC LIMIT $3) c
        WHERE origin = 'egress' LIMIT 1`,
      [own, uuidSince(context.nowMs - weekMs), mostRead],
    );
    // Whoever has replaced what was sent has mended it: what is sent from then on is looked at anew.
    const brought = await context.query<StoredCredential['brought'][number]>(
      `SELECT kind, sum(calls)::integer AS calls, (array_agg(last_call_id ORDER BY last_at DESC))[1] AS "lastCallId"
        FROM brought_credential WHERE team_id = $1 AND connection_id = $2
          AND last_at >= to_timestamp($3::double precision / 1000)
          AND last_at >= (SELECT coalesce(max(created_at), '-infinity') FROM connection_credential
            WHERE team_id = $1 AND connection_id = $2)
        GROUP BY kind ORDER BY kind`,
      [team, own, context.nowMs - weekMs],
    );
    return {
      environment: connection.environment,
      credentials: connection.credentials.length,
      strays,
      unread,
      called: calls.length > 0,
      brought: brought.map((each) => ({ ...each, lastCallId: idFromUuid(idPrefixes.call, each.lastCallId) })),
    };
  },
  judge: judgeStored,
};
