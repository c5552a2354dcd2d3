import { type Json, toJson } from '../../../audit/canonical-json.rules.ts';
import { idFromUuid, idPrefixes } from '../../../ids/id.rules.ts';
import type { Collector, CollectorContext } from '../../finding.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import {
  type AppliedEntries,
  applyEntries,
  type ChangeEntry,
  type CurrentThing,
  judgeTraces,
  nothingApplied,
  type TraceFacts,
  urlDigest,
} from './audit.webhook-changes-traceable.rules.ts';

const pageRows = 5_000;
const entriesMost = 50_000;
const triesMost = 3;
const actions = [
  'endpoint.created',
  'endpoint.updated',
  'endpoint.secret-rotated',
  'endpoint.disabled',
  'endpoint.deleted',
  'source.created',
  'source.updated',
  'source.deleted',
];

export const webhookChangesTraceable: Collector<TraceFacts> = {
  checkId: 'audit.webhook-changes-traceable',
  version: 1,
  async gather(context, subject) {
    const query: Query = (text, values) => context.query(text, values);
    const { team } = uuidsOf(subject);
    const [first] = await query<{ action: string }>(
      'SELECT action FROM audit_entry WHERE team_id = $1 AND sequence = 1',
      [team],
    );
    const complete = first?.action === 'team.created';
    // Entries and configuration are committed together, and read one after the other.
    for (let tries = 0; tries < triesMost; tries += 1) {
      const current = [...(await readSources(query, team)), ...(await readEndpoints(query, team))];
      const head = await headOf(query, team);
      const applied = await readEntries(query, team, head);
      if (applied === null) {
        const obstacle = `There are more than ${entriesMost} entries on sources and endpoints: too many to apply at once.`;
        return { applied: nothingApplied, current: [], complete, obstacle };
      }
      const again = [...(await readSources(query, team)), ...(await readEndpoints(query, team))];
      if (JSON.stringify(again) === JSON.stringify(current)) return { applied, current, complete, obstacle: null };
    }
    const obstacle = 'Sources or endpoints were changed while they were compared. Run it again.';
    return { applied: nothingApplied, current: [], complete, obstacle };
  },
  judge: judgeTraces,
};

type Query = CollectorContext['query'];

async function headOf(query: Query, team: string): Promise<string> {
  const [row] = await query<{ sequence: string }>('SELECT sequence FROM audit_head WHERE team_id = $1', [team]);
  return row?.sequence ?? '0';
}

async function readEntries(query: Query, team: string, head: string): Promise<AppliedEntries | null> {
  let applied = nothingApplied;
  let after = 0;
  for (;;) {
    const rows = await query<{ sequence: string; content: string }>(
      `SELECT sequence, content FROM audit_entry
        WHERE team_id = $1 AND action = ANY ($2) AND sequence > $3 AND sequence <= $4 ORDER BY sequence LIMIT ${pageRows}`,
      [team, actions, after, head],
    );
    applied = applyEntries(applied, rows.map(entryOf));
    if (rows.length < pageRows) return applied;
    if (applied.entries >= entriesMost) return null;
    after = Number(rows.at(-1)?.sequence);
  }
}

function entryOf({ sequence, content }: { sequence: string; content: string }): ChangeEntry {
  const { at, actor, action, target, before, after, requestId } = JSON.parse(content) as {
    at: string;
    actor: { kind: string; id: string | null };
    action: string;
    target: { id: string } | null;
    before: Json;
    after: Json;
    requestId: string | null;
  };
  return {
    sequence: Number(sequence),
    atMs: Date.parse(at),
    actorKind: actor.kind,
    actorId: actor.id,
    action,
    targetId: target?.id ?? '',
    before,
    after,
    requestId,
  };
}

async function readSources(query: Query, team: string): Promise<CurrentThing[]> {
  const rows = await query<{
    id: string;
    credentials: { id: string; expiresAt: string | null }[];
    rate: number | null;
  }>(
    `SELECT s.id, s.provider, s.name, s.options, s.status, s.allow_addresses AS "allowAddresses", s.rate_per_second AS rate,
        s.body_max_bytes AS "bodyMaxBytes", s.dedupe_window_seconds AS "dedupeWindowSeconds",
        s.accepts_uncovered AS "acceptUncovered",
        (SELECT coalesce(json_agg(json_build_object('id', c.id, 'name', c.name, 'kind', c.kind, 'expiresAt', c.expires_at)
            ORDER BY c.id), '[]')
          FROM source_credential c WHERE c.team_id = s.team_id AND c.source_id = s.id) AS credentials
      FROM source s WHERE s.team_id = $1 AND s.deleted_at IS NULL ORDER BY s.id`,
    [team],
  );
  return rows.map(({ id, credentials, rate, ...fields }) => ({
    id: idFromUuid(idPrefixes.source, id),
    secretIds: [],
    fields: {
      ...(toJson(fields) as Record<string, Json>),
      rateLimit: rate === null ? null : { perSecond: rate },
      credentials: credentials.map(({ id: credential, expiresAt, ...rest }) => ({
        ...rest,
        id: idFromUuid(idPrefixes.sourceCredential, credential),
        expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      })),
    },
  }));
}

type EndpointRow = {
  id: string;
  url: string;
  scheduleSeconds: number[];
  timeoutMs: number;
  rate: number | null;
  sourceIds: string[] | null;
  inlineMaxBytes: number;
  referenceSeconds: number;
  secretIds: string[];
};

async function readEndpoints(query: Query, team: string): Promise<CurrentThing[]> {
  const rows = await query<EndpointRow>(
    `SELECT e.id, e.url, e.description, e.event_types AS "eventTypes", e.source_ids AS "sourceIds", e.signing,
        e.retry_schedule_seconds AS "scheduleSeconds", e.timeout_ms AS "timeoutMs", e.rate_per_second AS rate,
        e.concurrency, e.ordering, e.inline_max_bytes AS "inlineMaxBytes", e.reference_seconds AS "referenceSeconds",
        e.filter, e.headers_sealed IS NOT NULL AS "headerNames",
        CASE WHEN e.client_tls_sealed IS NOT NULL THEN '***' END AS "clientCertificate",
        e.disable_after_seconds AS "disableAfterSeconds", e.status, e.status_reason AS "statusReason",
        ARRAY(SELECT k.id::text FROM endpoint_secret k WHERE k.team_id = e.team_id AND k.endpoint_id = e.id
          AND (k.expires_at IS NULL OR k.expires_at > now()) ORDER BY k.id DESC) AS "secretIds"
      FROM endpoint e WHERE e.team_id = $1 AND e.deleted_at IS NULL ORDER BY e.id`,
    [team],
  );
  return rows.map((row) => {
    const {
      id,
      url,
      scheduleSeconds,
      timeoutMs,
      rate,
      sourceIds,
      inlineMaxBytes,
      referenceSeconds,
      secretIds,
      ...rest
    } = row;
    return {
      id: idFromUuid(idPrefixes.endpoint, id),
      secretIds: secretIds.map((secret) => idFromUuid(idPrefixes.secret, secret)),
      fields: {
        ...(toJson(rest) as Record<string, Json>),
        url: urlDigest(url),
        sources: sourceIds?.map((source) => idFromUuid(idPrefixes.source, source)) ?? null,
        retry: { scheduleSeconds, timeoutMs },
        rateLimit: rate === null ? null : { perSecond: rate },
        largeBodies: { inlineMaxBytes, referenceSeconds },
      },
    };
  });
}
