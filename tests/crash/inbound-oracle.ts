import type pg from 'pg';
import { idFromUuid } from '../../src/ids/id.rules.ts';
import { hashOf, type InboundLedger, type Posted } from './inbound-ledger.ts';
import { inboundEvents, nameOf, readTold, type Told } from './inbound-requests.ts';

type Row = {
  id: string;
  team_id: string;
  source_id: string;
  type: string;
  ordering_key: string | null;
  external_id: string | null;
  body: Buffer;
  in_blob: boolean;
  deliveries: string;
  seen_again: string;
};
type Found = Row & { told: Told };

const sqlEvents = `
  SELECT e.id, e.team_id, e.source_id, e.type, e.ordering_key, e.external_id, e.body, e.blob_key IS NOT NULL AS in_blob,
    coalesce(d.count, 0) AS deliveries, coalesce(s.count, 0) AS seen_again
  FROM event e
  LEFT JOIN (SELECT team_id, event_id, count(*) FROM delivery WHERE id >= $1 GROUP BY 1, 2) d
    ON d.team_id = e.team_id AND d.event_id = e.id
  LEFT JOIN seen_again s ON s.team_id = e.team_id AND s.event_id = e.id
  WHERE e.id >= $1 AND e.source_id IS NOT NULL ORDER BY e.id`;

const examples = 5;
/** The clocks of the harness and the database may differ by so much. */
const clockSlackMs = 5_000;

/**
 * Holds the events of sources against what providers were answered: each 2xx is one event and no duplicate made a
 * second one, each event holds what was sent, and those of a subject are in the order they were sent in.
 * @param input.spooled names that may still wait in the spool: what was in it at the kill; empty once it is drained
 */
export async function auditInbound(input: {
  database: Pick<pg.Client, 'query'>;
  ledger: InboundLedger;
  spooled: ReadonlySet<string>;
  sinceRound: number;
}): Promise<string[]> {
  const { database, ledger, spooled } = input;
  const scope = [...ledger.posted].filter(([, { round }]) => round >= input.sinceRound);
  const lowMs = scope.reduce((low, [, { firstSentAtMs }]) => Math.min(low, firstSentAtMs), Date.now());
  const { rows } = await database.query<Row>(sqlEvents, [uuidFloor(lowMs - clockSlackMs)]);
  const found = rows.map((row): Found => ({ ...row, told: toldIn(row) }));
  const byName = Map.groupBy(found, ({ told }) => told.name);
  const wrongs: string[] = ledger.wrongs.splice(0);
  const wrong = (what: string, examplesOf: string[]): void => {
    if (examplesOf.length > 0) {
      wrongs.push(`${examplesOf.length} ${what}: ${examplesOf.slice(0, examples).join(', ')}`);
    }
  };

  wrong(
    'requests of providers were answered 2xx and are lost',
    scope
      .filter(([name, { acknowledged }]) => acknowledged && !byName.has(name) && !spooled.has(name))
      .map(([name, { notification }]) => `${name} of ${notification.sourceId}`),
  );
  wrong(
    'notifications became more than one event',
    [...byName].filter(([, events]) => events.length > 1).map(([name, events]) => `${name} (${listed(events)})`),
  );
  const those = (test: (event: Found, posted: Posted | undefined) => boolean): string[] =>
    found
      .filter((event) => test(event, ledger.posted.get(event.told.name)))
      .map((event) => `${event.told.name} (${idFromUuid('evt', event.id)})`);
  wrong(
    'events of sources were never sent, or to another source',
    those((event, posted) => posted === undefined || !isOf(event, posted)),
  );
  wrong(
    'events of sources hold another body than was sent',
    those((event, posted) => posted !== undefined && !event.in_blob && !posted.bodies.has(hashOf(event.body))),
  );
  wrong(
    'events of sources have another number of deliveries than endpoints take them',
    those((event) => Number(event.deliveries) !== deliveriesOf(event.type)),
  );
  wrong(
    'events were seen again more often than they were sent again',
    those((event, posted) => posted !== undefined && Number(event.seen_again) > posted.sent - 1),
  );
  wrong('events of a subject are not in the order they were sent in', [...outOfOrder(found)]);
  return wrongs;
}

/** Duplicates counted so far: none at all would mean that the question about them asks nothing. */
export async function countSeenAgain(database: Pick<pg.Client, 'query'>): Promise<number> {
  const { rows } = await database.query<{ sum: string }>('SELECT coalesce(sum(count), 0) AS sum FROM seen_again');
  return Number(rows[0]?.sum);
}

function* outOfOrder(found: readonly Found[]): Generator<string> {
  const last = new Map<string, number>();
  for (const { told, source_id, ordering_key } of found) {
    if (told.sequence === null) continue;
    const subject = `${source_id} ${ordering_key}`;
    const before = last.get(subject) ?? 0;
    if (told.sequence <= before) yield `${told.name} is number ${told.sequence} and came after ${before}`;
    last.set(subject, told.sequence);
  }
}

function toldIn({ body, in_blob, type, external_id }: Row): Told {
  if (in_blob) return { name: nameOf({ event: type, mark: external_id ?? '' }), subject: '', sequence: null };
  return readTold(body.toString()) ?? { name: 'unknown', subject: '', sequence: null };
}

function isOf(event: Found, { notification }: Posted): boolean {
  const { teamId, sourceId, subject, event: type } = notification;
  const isThere = idFromUuid('src', event.source_id) === sourceId && idFromUuid('team', event.team_id) === teamId;
  return isThere && event.type === type && event.ordering_key === subject;
}

function deliveriesOf(type: string): number {
  return Object.values(inboundEvents).some(({ next }) => next === type) ? 2 : 1;
}

function listed(events: readonly Found[]): string {
  return events.map(({ id }) => idFromUuid('evt', id)).join(' and ');
}

function uuidFloor(unixMs: number): string {
  const digits = Math.floor(unixMs).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-0000-0000-000000000000`;
}
