import type pg from 'pg';
import {
  boolColumn,
  byteaColumn,
  type Column,
  float8Column,
  int2Column,
  int4Column,
  int8Column,
  textColumn,
  uuidColumn,
} from '../database/binary-arrays.ts';
import { idFromUuid } from '../ids/id.rules.ts';
import { encodeCoverage } from './coverage-code.rules.ts';
import type { EventDraft } from './event-draft.ts';

export type PlannedDelivery = { id: string; endpointId: string; queued: boolean; orderingKey: string | null };
export type PlannedEvent = { draft: EventDraft; id: string; deliveries: PlannedDelivery[] };

export type AcceptAnswer =
  | { refused: null; earlier: ReadonlyMap<string, EarlierEvent> }
  | { refused: 'stale'; staleTeams: string[] }
  | { refused: 'clock'; databaseNowMs: number }
  | { refused: 'epoch' };

/** What a key was first used for; under keyName. */
export type EarlierEvent = { eventId: string; requestHash: Buffer | null; deliveries: number };

export type AcceptStore = {
  accept(batch: {
    epoch: number;
    madeAtMs: number;
    teams: ReadonlyMap<string, { version: number }>;
    events: PlannedEvent[];
  }): Promise<AcceptAnswer>;
};

type Row = {
  refused: 'stale' | 'clock' | 'epoch' | null;
  stale_teams: string[] | null;
  database_now_ms: number;
  earlier_places: number[] | null;
  earlier_events: string[] | null;
  earlier_hashes: (Buffer | null)[] | null;
  earlier_deliveries: number[] | null;
};

type PlacedDelivery = { event: PlannedEvent; place: number; delivery: PlannedDelivery };

const noSource = `src_${'0'.repeat(26)}`;

/** Keys of the API and dedupe keys of sources are apart; a source belongs to one team. */
export function keyName(draft: EventDraft): string {
  return `${draft.origin === null ? draft.teamId : draft.origin.sourceId} ${draft.idempotencyKey}`;
}

const nothingEarlier: ReadonlyMap<string, EarlierEvent> = new Map();

const acceptAnySql = `SELECT * FROM accept_events(${Array.from({ length: 28 }, (_, index) => `$${index + 1}`).join(', ')})`;

/** One function call commits a batch: `accept_fresh_events` when it can, `accept_events` for everything else. */
export function createPostgresAcceptStore(pool: pg.Pool): AcceptStore {
  return {
    async accept({ epoch, madeAtMs, teams, events }) {
      const flat: PlacedDelivery[] = [];
      let plain = true;
      let place = 0;
      for (const event of events) {
        const { draft } = event;
        place += 1;
        plain &&= draft.idempotencyKey === null && draft.orderingKey === null && draft.occurredAtMs === null;
        plain &&= draft.origin === null && draft.blob === null;
        for (const delivery of event.deliveries) {
          plain &&= !delivery.queued;
          flat.push({ event, place, delivery });
        }
      }
      const known = [...teams];
      const head = [
        epoch,
        madeAtMs,
        ...teamColumns.map((column) => column(known)),
        ...plainColumns.map((column) => column(events)),
      ];
      const deliveries = deliveryColumns.map((column) => column(flat));
      const query = plain
        ? {
            name: 'accept_fresh_events',
            text: 'SELECT * FROM accept_fresh_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)',
            values: [...head, ...deliveries],
          }
        : {
            name: 'accept_events',
            text: acceptAnySql,
            values: [
              ...head,
              ...specialColumns.map((column) => column(events)),
              ...deliveries,
              ...placeColumns.map((column) => column(flat)),
            ],
          };
      const { rows } = await pool.query<Row>(query);
      return readAnswer(rows[0] as Row, events);
    },
  };
}

const teamColumns: readonly Column<[string, { version: number }]>[] = [
  uuidColumn(([id]) => id),
  int8Column(([, { version }]) => version),
];

const plainColumns: readonly Column<PlannedEvent>[] = [
  uuidColumn((event) => event.draft.teamId),
  uuidColumn((event) => event.id),
  textColumn((event) => event.draft.type),
  textColumn((event) => event.draft.contentType),
  byteaColumn((event) => event.draft.body),
];

/** What `accept_events` alone takes. */
const specialColumns: readonly Column<PlannedEvent>[] = [
  textColumn((event) => event.draft.orderingKey),
  float8Column((event) => event.draft.occurredAtMs),
  uuidColumn((event) => event.draft.origin?.sourceId ?? noSource),
  textColumn((event) => event.draft.origin?.externalId ?? null),
  int2Column(({ draft }) => (draft.origin === null ? null : encodeCoverage(draft.origin.coverage))),
  textColumn((event) => event.draft.origin?.credential ?? null),
  textColumn((event) => event.draft.blob?.key ?? null),
  int4Column((event) => event.draft.blob?.sizeBytes ?? null),
  textColumn((event) => event.draft.idempotencyKey),
  int4Column((event) => event.draft.keySeconds),
  byteaColumn((event) => event.draft.requestHash),
  int4Column((event) => event.deliveries.length),
];

const deliveryColumns: readonly Column<PlacedDelivery>[] = [
  uuidColumn((row) => row.event.draft.teamId),
  uuidColumn((row) => row.delivery.id),
  uuidColumn((row) => row.event.id),
  uuidColumn((row) => row.delivery.endpointId),
];

const placeColumns: readonly Column<PlacedDelivery>[] = [
  int4Column((row) => row.place),
  boolColumn((row) => row.delivery.queued),
  textColumn((row) => row.delivery.orderingKey),
];

function readAnswer(row: Row, events: readonly PlannedEvent[]): AcceptAnswer {
  if (row.refused === 'stale') {
    return { refused: 'stale', staleTeams: (row.stale_teams ?? []).map((uuid) => idFromUuid('team', uuid)) };
  }
  if (row.refused === 'clock') return { refused: 'clock', databaseNowMs: row.database_now_ms };
  if (row.refused === 'epoch') return { refused: 'epoch' };
  if (!row.earlier_places) return { refused: null, earlier: nothingEarlier };
  const earlier = new Map<string, EarlierEvent>();
  row.earlier_places.forEach((place, index) => {
    earlier.set(keyName((events[place - 1] as PlannedEvent).draft), {
      eventId: idFromUuid('evt', row.earlier_events?.[index] as string),
      requestHash: row.earlier_hashes?.[index] ?? null,
      deliveries: row.earlier_deliveries?.[index] as number,
    });
  });
  return { refused: null, earlier };
}
