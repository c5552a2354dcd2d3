import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import { createSchemaValidator } from '../../tests/support/schema-validator.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import type { AcceptedEvent, EventDraft } from '../events/event-draft.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { publicData } from './operational-data.rules.ts';
import { operationalEventTypes } from './operational-event-types.ts';
import { createOutboxEmitter } from './outbox-emitter.ts';

let database: TestDatabase;
let history: History;
let drafts: EventDraft[];
let errors: unknown[];
const timers = createManualTimers();

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  history = await createHistory(database.pool);
  drafts = [];
  errors = [];
  await database.pool.query('DELETE FROM operational_outbox');
});
afterAll(() => database.drop());

const accepted: AcceptedEvent = {
  id: 'evt',
  type: 't',
  acceptedAtMs: 0,
  deliveries: 0,
  deliveryIds: [],
  duplicate: false,
  conflict: false,
};
function emitter(accept: (draft: EventDraft) => Promise<AcceptedEvent> = async () => accepted) {
  return createOutboxEmitter({
    database: database.pool,
    timers,
    onError: (error) => errors.push(error),
    accept: (draft) => {
      drafts.push(draft);
      return accept(draft);
    },
  });
}
async function put(type: string, data: object, teamId = history.teamId): Promise<void> {
  await database.pool.query('INSERT INTO operational_outbox (team_id, type, data) VALUES ($1, $2, $3)', [
    uuidFromId(teamId),
    type,
    data,
  ]);
}
const left = async (): Promise<number> => (await database.pool.query('SELECT FROM operational_outbox')).rowCount ?? -1;

describe('the outbox emitter', () => {
  test('makes an event of each entry, with ids as the API writes them, and deletes it', async () => {
    const [deliveryId, endpointId] = [history.id('dlv'), history.id('ep')];
    await put('posthorn.delivery.dead', {
      deliveryUuid: uuidFromId(deliveryId),
      endpointUuid: uuidFromId(endpointId),
      lastStatus: 503,
    });
    for (let n = 0; n < 250; n += 1) await put('posthorn.endpoint.recovered', { n });
    const worker = emitter();
    worker.start();
    await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 5_000 });
    await worker.stop();
    expect(drafts).toHaveLength(251);
    expect(drafts.find((draft) => draft.type === 'posthorn.delivery.dead')).toMatchObject({
      teamId: history.teamId,
      payload: { deliveryId, endpointId, lastStatus: 503 },
      contentType: 'application/json',
      blob: null,
      origin: null,
      keySeconds: 86_400,
      onlyEndpointId: null,
    });
    const [body] = drafts.map((draft) => JSON.parse(draft.body.toString()) as Record<string, unknown>);
    expect(Object.keys(body ?? {})).toEqual(['type', 'timestamp', 'data']);
    expect(errors).toEqual([]);
  });

  test('that dies between accepting and deleting makes the same event again, under the same key', async () => {
    await put('posthorn.endpoint.disabled', { reason: 'r' });
    const dying = emitter(async () => {
      throw new Error('killed');
    });
    dying.start();
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    await dying.stop();
    expect(await left()).toBe(1);
    const next = emitter();
    next.start();
    await vi.waitFor(async () => expect(await left()).toBe(0));
    await next.stop();
    expect(drafts[0]?.idempotencyKey).toMatch(/^posthorn-outbox-/);
    expect(drafts[1]).toEqual(drafts[0]);
  });

  test('keeps what the database or the load refuses, and lets go of what would be refused for ever', async () => {
    await put('posthorn.a', {});
    await put('posthorn.b', {});
    const worker = emitter(async (draft) => {
      throw new Problem(draft.type === 'posthorn.a' ? 'database_unavailable' : 'not_found', 'no');
    });
    worker.start();
    await vi.waitFor(async () => expect(await left()).toBe(1));
    await worker.stop();
    expect(errors).toHaveLength(2);
  });

  test('goes on after the database was away, by its own poll', async () => {
    const query = vi.spyOn(database.pool, 'query').mockImplementationOnce(() => {
      throw new Error('the database is away');
    });
    const worker = emitter();
    worker.start();
    await vi.waitFor(() => expect(timers.waiting).toEqual([5_000]));
    query.mockRestore();
    await put('posthorn.a', {});
    timers.advance(5_000);
    await vi.waitFor(async () => expect(await left()).toBe(0));
    await vi.waitFor(() => expect(timers.waiting).toEqual([30_000]));
    await worker.stop();
  });

  test('emits nothing for a deleted team', async () => {
    await put('posthorn.a', {});
    await database.pool.query('UPDATE team SET deleted_at = now() WHERE id = $1', [uuidFromId(history.teamId)]);
    const worker = emitter();
    worker.start();
    await vi.waitFor(() => expect(timers.waiting).toEqual([30_000]));
    await worker.stop();
    expect(drafts).toEqual([]);
  });
});

describe('operational event types', () => {
  test.each(operationalEventTypes)('$name: the example matches the schema', ({ schema, example }) => {
    expect(createSchemaValidator(schema)(example)).toEqual([]);
  });

  test('every type that SQL or code writes to the outbox is among them, and its data matches', () => {
    const job = ['jobId', 'connectionId', 'provider', 'subject', 'eventId', 'attempts', 'lastError'];
    const archiveJob = Object.fromEntries(job.map((name) => [name, 1]));
    const promotion = { promotionId: 1, reviewId: 1, connectionId: 1, overridden: 1 };
    const written: Record<string, Record<string, unknown>> = {
      'posthorn.delivery.dead': {
        deliveryUuid: 1,
        eventUuid: 1,
        endpointUuid: 1,
        attempts: 1,
        lastStatus: 1,
        lastError: 1,
      },
      'posthorn.endpoint.disabled': { endpointUuid: 1, url: 1, reason: 1 },
      'posthorn.endpoint.recovered': { endpointUuid: 1, url: 1, failedSeconds: 1 },
      'posthorn.endpoint.breaker_opened': { endpointUuid: 1, url: 1 },
      'posthorn.archive.late': archiveJob,
      'posthorn.archive.missing': { ...archiveJob, state: 1 },
      'posthorn.archive.damaged': {
        documentId: 1,
        jobId: 1,
        connectionId: 1,
        provider: 1,
        subject: 1,
        kind: 1,
        sha256: 1,
        state: 1,
      },
      'posthorn.drill.failed': { runId: 1, check: 1, subject: 1, seen: 1, evidenceId: 1 },
      'posthorn.review.reopened': { reviewId: 1, name: 1, because: 1, was: 1 },
      'posthorn.review.resumed': { reviewId: 1, name: 1, because: 1, was: 1 },
      'posthorn.promotion.completed': promotion,
      'posthorn.promotion.rolled_back': { ...promotion, reason: 1 },
      'posthorn.promotion.smoke_test': { message: 1 },
      'posthorn.launch.limit_crossed': {
        reviewId: 1,
        threshold: 1,
        value: 1,
        limit: 1,
        forSeconds: 1,
        exceededSince: 1,
        decides: 1,
        action: 1,
        rollBack: 1,
      },
      'posthorn.replay.finished': { replayUuid: 1, matched: 1, resent: 1, dryRun: 1 },
    };
    expect(operationalEventTypes.map((type) => type.name).sort()).toEqual(Object.keys(written).sort());
    const uuid = '01890a5d-ac96-774b-bcce-b302099a8057';
    for (const type of operationalEventTypes) {
      const data = Object.keys(written[type.name] ?? {}).map((name) => [name, name.endsWith('Uuid') ? uuid : null]);
      const names = Object.keys(publicData(Object.fromEntries(data) as Record<string, unknown>));
      expect(names.sort()).toEqual(Object.keys(type.example).sort());
    }
  });
});
