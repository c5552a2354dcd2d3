import type pg from 'pg';
import { idFromUuid, uuidFromId } from '../../src/ids/id.rules.ts';
import type { Journal } from './journal.ts';
import type { Ledger } from './ledger.ts';
import type { Stage } from './stage.ts';

type Row = {
  id: string;
  event_id: string;
  endpoint_id: string;
  state: number;
  attempts: number;
  owner: number | null;
  owner_lives: boolean;
  queued: boolean;
  claimed_by: number | null;
  claimer_lives: boolean;
  recorded: string;
  recorded_good: string;
};

const sqlDeliveries = `
  SELECT d.id, d.event_id, d.endpoint_id, d.state, d.attempts, d.owner, q.claimed_by,
    q.delivery_id IS NOT NULL AS queued,
    EXISTS (SELECT FROM node n WHERE n.epoch = d.owner) AS owner_lives,
    EXISTS (SELECT FROM node n WHERE n.epoch = q.claimed_by) AS claimer_lives,
    a.recorded, a.recorded_good
  FROM delivery d
  LEFT JOIN delivery_queue q ON q.team_id = d.team_id AND q.delivery_id = d.id
  CROSS JOIN LATERAL (SELECT count(*) AS recorded, count(*) FILTER (WHERE a.status BETWEEN 200 AND 299) AS recorded_good
    FROM attempt a WHERE a.team_id = d.team_id AND a.delivery_id = d.id) a
  WHERE d.id >= $1`;

/** Ordering keys whose head nobody will ever let through, or that let two through at once. */
const sqlOrdered = `
  SELECT endpoint_id, ordering_key, count(*) FILTER (WHERE NOT blocked) AS free FROM delivery_queue
  WHERE ordering_key IS NOT NULL GROUP BY 1, 2 HAVING count(*) FILTER (WHERE NOT blocked) <> 1`;

const sqlLeftInQueue = `
  SELECT q.delivery_id FROM delivery_queue q LEFT JOIN delivery d ON d.team_id = q.team_id AND d.id = q.delivery_id
  WHERE d.state IS DISTINCT FROM 0`;

const lowestUuid = '00000000-0000-0000-0000-000000000000';
const examples = 5;

/**
 * Holds the database against what was acknowledged and what was received. Answers each wrong as one line with the ids
 * it concerns; nothing is good. `sinceRound` leaves out what earlier rounds acknowledged and have looked at.
 */
export async function audit(input: {
  database: Pick<pg.Client, 'query'>;
  ledger: Ledger;
  stage: Stage;
  journal: Journal;
  /** Takes in what the receiver has by now. */
  takeJournal: () => void;
  sinceRound: number;
}): Promise<string[]> {
  const { database, ledger, stage, journal } = input;
  const entries = [...ledger.acknowledged.values()].filter((entry) => entry.round >= input.sinceRound);
  const lowest = entries.reduce((low, { eventId }) => (eventId < low ? eventId : low), '~');
  const low = lowest === '~' || input.sinceRound === 0 ? lowestUuid : uuidFromId(lowest);
  const wrongs: string[] = [];
  const wrong = (what: string, ids: string[]): void => {
    if (ids.length > 0) wrongs.push(`${ids.length} ${what}: ${ids.slice(0, examples).join(', ')}`);
  };

  // Deliveries last: an event that is in the first answer has all of them in the second.
  const { rows: eventRows } = await database.query<{ id: string }>('SELECT id FROM event WHERE id >= $1', [low]);
  const { rows } = await database.query<Row>(sqlDeliveries, [low]);
  input.takeJournal();
  const events = new Set(eventRows.map(({ id }) => id));
  const byEvent = Map.groupBy(rows, (row) => row.event_id);
  const those = (test: (row: Row) => boolean): string[] =>
    rows.filter(test).map((row) => `${idFromUuid('dlv', row.id)} of ${idFromUuid('evt', row.event_id)}`);

  const lost = entries.filter(({ eventId }) => !events.has(uuidFromId(eventId)));
  wrong(
    'acknowledged events are lost',
    lost.map(({ eventId }) => eventId),
  );
  const made = (eventId: string) => byEvent.get(uuidFromId(eventId))?.length ?? 0;
  wrong(
    'acknowledged events have another number of deliveries than was answered',
    entries
      .filter(({ eventId, deliveries }) => made(eventId) !== deliveries)
      .map(({ eventId, deliveries }) => `${eventId} (${made(eventId)} of ${deliveries})`),
  );
  const arrived = (row: Row): boolean => {
    const place = stage.places.get(idFromUuid('ep', row.endpoint_id)) ?? '?';
    return journal.arrivedWell(place, idFromUuid('evt', row.event_id));
  };
  const isPending = (row: Row) => row.state === 0;
  const isSucceeded = (row: Row) => row.state === 1;
  wrong(
    'deliveries succeeded and were never received',
    those((row) => isSucceeded(row) && !arrived(row)),
  );
  wrong(
    'deliveries succeeded without such an attempt on record',
    those((row) => isSucceeded(row) && Number(row.recorded_good) === 0),
  );
  wrong(
    'settled deliveries have no attempt on record',
    those((row) => row.state > 0 && row.attempts === 0),
  );
  wrong(
    'deliveries have fewer attempts on record than were counted',
    those((row) => Number(row.recorded) < row.attempts),
  );
  wrong(
    'deliveries are in a state that nobody asked for',
    those((row) => row.state > 2),
  );
  wrong(
    'pending deliveries are nobody’s and not in the queue',
    those((row) => isPending(row) && row.owner === null && !row.queued),
  );
  wrong(
    'deliveries are owned by a dead epoch',
    those((row) => row.owner !== null && !row.owner_lives),
  );
  wrong(
    'deliveries are claimed by a dead epoch',
    those((row) => row.claimed_by !== null && !row.claimer_lives),
  );

  const left = await database.query<{ delivery_id: string }>(sqlLeftInQueue);
  wrong(
    'deliveries are in the queue and not pending',
    left.rows.map((row) => idFromUuid('dlv', row.delivery_id)),
  );
  const heads = await database.query<{ endpoint_id: string; ordering_key: string; free: string }>(sqlOrdered);
  wrong(
    'ordering keys do not have exactly one delivery in front',
    heads.rows.map((row) => `${idFromUuid('ep', row.endpoint_id)} ${row.ordering_key} (${row.free})`),
  );
  return [...wrongs, ...ledger.wrongs.splice(0), ...journal.wrongs()];
}

/** Events that were sent and are in no database: each id is one that nobody could ever look up. */
export async function findPhantoms(database: Pick<pg.Client, 'query'>, journal: Journal): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    'SELECT u.id FROM unnest($1::uuid[]) u(id) WHERE NOT EXISTS (SELECT FROM event e WHERE e.id = u.id)',
    [journal.newEvents().map(uuidFromId)],
  );
  return rows.map(({ id }) => `${idFromUuid('evt', id)} was received and is not in the database`);
}
