import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Caller } from '../../src/calling/caller.ts';
import { connectionRoutes } from '../../src/connections/connections.routes.ts';
import { createConnectionDirectory } from '../../src/connections/connection-directory.ts';
import { readTeamConnections } from '../../src/connections/connection-snapshot.store.ts';
import { readConnectionConfig } from '../../src/connections/read-connection-config.ts';
import type { EventDraft } from '../../src/events/event-draft.ts';
import { compileAddressPolicy } from '../../src/egress/address.rules.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { memberRoutes } from '../../src/members/members.routes.ts';
import { launchRoutes } from '../../src/promotion/launch.routes.ts';
import { lookAt } from '../../src/promotion/look.ts';
import type { PromotionServices } from '../../src/promotion/promotion-services.ts';
import { promotionRoutes } from '../../src/promotion/promotions.routes.ts';
import { takeWatch } from '../../src/promotion/watch.store.ts';
import { workPromotion } from '../../src/promotion/work-promotion.ts';
import type { WatchLook } from '../../src/promotion/watch.ts';
import { createTestApi } from '../support/configuration-api.ts';
import type { createHistory } from '../support/history.ts';
import { createMemoryReviews, type MemoryReviews } from './memory-reviews.ts';

export type PromotionStand = Awaited<ReturnType<typeof openPromotionStand>>;

/** The API with promotions, over a real database and directory of connections; reviews stand as the test says. */
export async function openPromotionStand() {
  let nowMs = Date.now();
  const clock = { now: () => nowMs };
  let reviews!: MemoryReviews;
  let services!: PromotionServices;
  let answer: Caller = () => Promise.reject(new Error('nothing is to be called'));
  const told: EventDraft[] = [];
  const timers = {
    after: (delayMs: number, run: () => void) => {
      const timer = setTimeout(run, Math.min(delayMs, 20));
      return { cancel: () => clearTimeout(timer) };
    },
  };
  const api = await createTestApi({
    clock,
    environment: 'production',
    register(app: FastifyInstance, { services: given }) {
      const policy = compileAddressPolicy({ allowLoopback: false, allowedNetworks: [] });
      const context = { ...given, targetUrlPolicy: { requireHttps: true, addressPolicy: policy } };
      const directory = createConnectionDirectory({ ...given, timers, onError: () => undefined });
      reviews = createMemoryReviews(clock);
      services = {
        ...given,
        reviews,
        connections: directory,
        call: (call) => answer(call),
        acceptEvent: async (draft) => {
          told.push(draft);
          const history = await deliverAtOnce(given.database, draft);
          return history;
        },
        timers,
        onTold: () => undefined,
      };
      const more = { reviews, connections: directory, onTold: () => undefined, onPromotion: () => undefined };
      void app.register(connectionRoutes({ services: context }));
      void app.register(memberRoutes({ services: given }));
      void app.register(promotionRoutes({ services: { ...context, ...more } }));
      void app.register(launchRoutes({ services: { ...given, reviews, checkIds: () => new Set(['a.check']) } }));
    },
  });
  const directory = services.connections as ReturnType<typeof createConnectionDirectory>;
  await directory.start();
  let number = 0;

  return {
    ...api,
    reviews,
    services,
    told,
    now: () => nowMs,
    passTime(ms: number): void {
      nowMs += ms;
    },
    /** What provider calls are answered from now on. */
    answers(status: number, problem?: Error): void {
      answer = (call) =>
        problem === undefined
          ? Promise.resolve({ callId: 'call_x', status, headers: {}, body: Readable.from([call.path]) })
          : Promise.reject(problem);
    },
    answersBy(caller: Caller): void {
      answer = caller;
    },
    async addMember(team: string, role: string): Promise<{ id: string; key: string }> {
      number += 1;
      const body = { name: `Member ${number}`, email: `member-${number}@example.com`, role };
      const { id } = (await api.call('POST', `/v1/teams/${team}/members`, { body })).body as { id: string };
      const { key } = await api.createKey(team, ['*'], { memberId: id });
      return { id, key };
    },
    /** A sandbox connection that a passed review is about. */
    async newReview(team: string, more: { passed?: boolean; endpoints?: string[] } = {}) {
      const body = {
        provider: 'documenso',
        environment: 'sandbox',
        name: 'Contracts',
        baseUrl: 'https://documents.sandbox-host.example.com/api',
        selfHosted: true,
        credentials: [{ name: 'old', fields: { token: 'api_of-the-sandbox' } }],
      };
      const made = await api.call('POST', `/v1/teams/${team}/connections`, { body });
      const connection = (made.body as { id: string }).id;
      services.connections.teamChanged(team);
      const review = reviews.add(team, { connections: [connection], sources: [], endpoints: more.endpoints ?? [] });
      reviews.state(review).passed = more.passed ?? true;
      return { review, connection };
    },
    /** The connection as calls use it: straight from the database. */
    async connection(team: string, id: string) {
      const row = (await readTeamConnections(api.database.pool, team)).find((each) => each.id === id);
      if (row === undefined) throw new Error(`no connection ${id}`);
      const { environment, baseUrl, options, credentials } = readConnectionConfig(api.services.sealer, row);
      return {
        environment,
        baseUrl,
        options,
        credentials: credentials.map(({ id: of, name, fields }) => ({ id: of, name, fields })),
      };
    },
    /** A node works on what is there. */
    work: (by: PromotionServices = services, leaseMs?: number) => workPromotion(by, leaseMs),
    /** The look that is due; null: none is. */
    async look(): Promise<WatchLook | null> {
      const watch = await takeWatch(api.database.pool, nowMs, 60_000);
      return watch === null ? null : lookAt(services, watch);
    },
    /** Nothing of an earlier test is under way or watched any more; providers answer 200. */
    async settle(): Promise<void> {
      this.answers(200);
      while (await workPromotion(services));
      await api.database.pool.query('UPDATE watch SET ended_at = now()');
      await api.database.pool.query('DELETE FROM operational_outbox');
    },
    async outbox(): Promise<{ type: string; data: Record<string, unknown> }[]> {
      const { rows } = await api.database.pool.query<{ type: string; data: Record<string, unknown> }>(
        'DELETE FROM operational_outbox RETURNING type, data',
      );
      return rows;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await directory.stop();
      await api[Symbol.asyncDispose]();
    },
    /** What is on record of a team, in order. */
    async audited(team: string): Promise<string[]> {
      const { rows } = await api.database.pool.query<{ action: string }>(
        'SELECT action FROM audit_entry WHERE team_id = $1 ORDER BY sequence',
        [uuidFromId(team)],
      );
      return rows.map(({ action }) => action);
    },
  };
}

/** As a gateway would whose endpoints take everything at once. */
async function deliverAtOnce(database: Parameters<typeof createHistory>[0], draft: EventDraft) {
  const ids = (await import('../../src/ids/id-source.ts')).createIdSource({ now: () => Date.now() });
  const { uuidFromId } = await import('../../src/ids/id.rules.ts');
  const [event, delivery] = [ids.next('evt'), ids.next('dlv')];
  await database.query('INSERT INTO event (team_id, id, type, content_type, body) VALUES ($1, $2, $3, $4, $5)', [
    uuidFromId(draft.teamId),
    uuidFromId(event),
    draft.type,
    draft.contentType,
    draft.body,
  ]);
  await database.query(
    `INSERT INTO delivery (team_id, id, event_id, endpoint_id, state, attempts, last_status, settled_at)
       VALUES ($1, $2, $3, $4, 1, 1, 200, now())`,
    [uuidFromId(draft.teamId), uuidFromId(delivery), uuidFromId(event), uuidFromId(draft.onlyEndpointId ?? '')],
  );
  return {
    id: event,
    type: draft.type,
    acceptedAtMs: Date.now(),
    deliveries: 1,
    deliveryIds: [delivery],
    duplicate: false,
    conflict: false,
  };
}

const production = {
  baseUrl: 'https://documents.example.com/api',
  selfHosted: true,
  credentials: [{ name: 'new', fields: { token: 'api_of-production' } }],
};

/** What promotes to a production that there is nothing against. */
export const promotionOf = ({ review, connection }: { review: string; connection: string }, more: object = {}) => ({
  review,
  connection,
  production,
  ...more,
});
