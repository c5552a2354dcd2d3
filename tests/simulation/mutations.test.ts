import { describe, expect, test } from 'vitest';
import { type Mutation, simulate } from './simulate.ts';

/** Bugs planted one at a time. The simulation has to find each within a few dozen seeds, and by the right rule. */
const planted: { bug: string; found: RegExp; mutation: Mutation }[] = [
  {
    bug: 'the store forgets to fence a settle',
    found: /sent although it is|settled by an attempt that nobody made|stuck|overtakes/,
    mutation: {
      deliveryStore: (store, database) => ({
        ...store,
        settle(epoch, batch) {
          for (const { item } of batch) {
            const row = database.deliveries.get(item.deliveryId);
            if (row?.state === 'succeeded' || row?.state === 'dead') row.state = 'pending';
            if (row) row.owner = epoch;
          }
          return store.settle(epoch, batch);
        },
      }),
    },
  },
  {
    bug: 'a takeover forgets the fresh deliveries',
    found: /stuck/,
    mutation: {
      deliveryStore: (store, database) => ({
        ...store,
        takeOver(epoch, force) {
          const node = database.nodes.get(epoch);
          if (node) node.lowDeliveryId = 'dlv_7zzzzzzzzzzzzzzzzzzzzzzzzz';
          return store.takeOver(epoch, force);
        },
      }),
    },
  },
  {
    bug: 'the lease of a living node is taken over',
    found: /sent twice|overtakes|sent although/,
    mutation: {
      deliveryStore: (store, database) => ({
        ...store,
        async beat(input) {
          const beat = await store.beat(input);
          // Frees what the others hold without ending their epochs.
          for (const row of database.queue.values()) row.claimedBy = null;
          return beat;
        },
      }),
    },
  },
  {
    bug: 'a claim hands out deliveries behind the head of their ordering key',
    found: /overtakes|under way together/,
    mutation: {
      deliveryStore: (store, database) => ({
        ...store,
        claim(epoch, wants, budgetBytes) {
          for (const row of database.queue.values()) row.blocked = false;
          return store.claim(epoch, wants, budgetBytes);
        },
      }),
    },
  },
  {
    bug: 'a claim ignores when a retry is due',
    found: /before it is due/,
    mutation: {
      deliveryStore: (store, database) => ({
        ...store,
        waitingEndpoints() {
          for (const row of database.queue.values()) row.dueAtMs = Math.min(row.dueAtMs, database.now());
          return store.waitingEndpoints();
        },
      }),
    },
  },
  {
    bug: 'what a claim without an answer took is never given back',
    found: /stuck/,
    mutation: { deliveryStore: (store) => ({ ...store, releaseUnheld: () => Promise.resolve() }) },
  },
  {
    bug: 'the store does not check the clock of the ids',
    found: /lies about its time|stuck/,
    mutation: {
      acceptStore: (store, database) => ({
        accept: (batch) => store.accept({ ...batch, madeAtMs: database.now() }),
      }),
      engine: (engine) => {
        engine['options'].alignClock = () => undefined;
      },
    },
  },
  {
    bug: 'a stale view of the team is accepted',
    found: /goes to \[/,
    mutation: {
      acceptStore: (store, database) => ({
        accept(batch) {
          const teams = new Map([...batch.teams.keys()].map((id) => [id, { version: versionOf(database, id) }]));
          const events = batch.events.map((event) => ({ ...event, deliveries: event.deliveries.slice(1) }));
          return store.accept({ ...batch, teams, events });
        },
      }),
    },
  },
  {
    bug: 'idempotency keys are ignored',
    found: /idempotent|became/,
    mutation: {
      acceptStore: (store) => ({
        accept(batch) {
          const events = batch.events.map((event) => ({ ...event, draft: { ...event.draft, idempotencyKey: null } }));
          return store.accept({ ...batch, events });
        },
      }),
    },
  },
  {
    bug: 'events are acknowledged before they are committed',
    found: /acknowledged and is not in the database|lost/,
    mutation: { acceptStore: () => ({ accept: async () => ({ refused: null, earlier: new Map() }) }) },
  },
  {
    bug: 'the engine does not give back when a breaker opens',
    found: /before its breaker wakes|probes|wait/,
    mutation: {
      engine(engine) {
        // Nor does it look at the breaker any more.
        const lanes = engine['lanes'];
        const set = lanes.set.bind(lanes);
        lanes.set = (id, lane) => {
          const blockedBy = lane.blockedBy.bind(lane);
          lane.blockedBy = (nowMs) => {
            const block = blockedBy(nowMs);
            return block === 'breaker' ? null : block;
          };
          return set(id, lane);
        };
      },
    },
  },
  {
    bug: 'a settle that failed is not tried again',
    found: /stuck|on record|in custody/,
    mutation: {
      engine(engine) {
        const { store } = engine['options'];
        const settle = store.settle.bind(store);
        store.settle = (epoch, batch) => settle(epoch, batch).catch(() => batch.length);
      },
    },
  },
  {
    bug: 'a release that failed is not tried again',
    found: /stuck|in custody|bytes/,
    mutation: {
      engine(engine) {
        const { store } = engine['options'];
        const release = store.release.bind(store);
        store.release = (epoch, deliveries, when) => release(epoch, deliveries, when).catch(() => undefined);
      },
    },
  },
  {
    bug: 'the concurrency of an endpoint is ignored',
    found: /more under way than allowed/,
    mutation: {
      engine(engine) {
        const lanes = engine['lanes'];
        const set = lanes.set.bind(lanes);
        lanes.set = (id, lane) => {
          Object.defineProperty(lane, 'concurrency', { value: 100 });
          return set(id, lane);
        };
      },
    },
  },
  {
    bug: 'a node goes on sending after its lease has run out',
    found: /which is over/,
    mutation: {
      engine(engine) {
        const lease = engine['lease'];
        lease.certain = () => lease.epoch() !== null;
      },
    },
  },
];

describe('the simulation finds a planted bug:', () => {
  test.each(planted)('$bug', { timeout: 120_000 }, async ({ mutation, found }) => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const { violations } = await simulate(seed, { mutation });
      if (violations.some((violation) => found.test(violation))) return;
      for (const violation of violations) seen.add(violation);
    }
    expect([...seen], 'the planted bug is told by the rule it breaks').toContain(String(found));
  });
});

function versionOf(database: { teams: ReadonlyMap<string, { version: number }> }, teamId: string): number {
  return database.teams.get(teamId)?.version ?? 0;
}
