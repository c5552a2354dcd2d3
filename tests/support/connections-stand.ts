import { expect } from 'vitest';
import type { ConnectionConfig } from '../../src/connections/connection-config.ts';
import { connectionRoutes } from '../../src/connections/connections.routes.ts';
import { readTeamConnections } from '../../src/connections/connection-snapshot.store.ts';
import { readConnectionConfig } from '../../src/connections/read-connection-config.ts';
import { compileAddressPolicy } from '../../src/egress/address.rules.ts';
import { createTestApi, type TestApi } from './configuration-api.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into at every depth
type Made = { id: string } & Record<string, any>;

/** What the connections of this stand have as their token unless told otherwise. */
export const token = 'api_planted-token-of-a-connection';

/** The API with connections, and a team at a time to try them on. */
export function createConnectionsStand(environment: 'development' | 'production' = 'production') {
  let api: TestApi;
  let team = '';
  let path = '';
  let nowMs = Date.now();
  const targetUrlPolicy = {
    requireHttps: environment === 'production',
    addressPolicy: compileAddressPolicy({ allowLoopback: environment === 'development', allowedNetworks: [] }),
  };

  const create = (more: object = {}, key?: string) => {
    const body = {
      provider: 'documenso',
      environment: 'production',
      name: 'Contracts',
      credentials: [{ fields: { token } }],
      ...more,
    };
    return api.call('POST', path, { body, ...(key === undefined ? {} : { key }) });
  };
  const config = async (id: string): Promise<ConnectionConfig> => {
    const row = (await readTeamConnections(api.database.pool, team)).find((each) => each.id === id);
    if (row === undefined) throw new Error(`no connection ${id}`);
    return readConnectionConfig(api.services.sealer, row);
  };
  return {
    async open(): Promise<TestApi> {
      api = await createTestApi({
        clock: { now: () => nowMs },
        environment,
        register(app, { services }) {
          void app.register(connectionRoutes({ services: { ...services, targetUrlPolicy } }));
        },
      });
      return api;
    },
    close: () => api[Symbol.asyncDispose](),
    /** From now on its connections are made and read. */
    async newTeam(name?: string): Promise<{ team: string; path: string }> {
      nowMs = Date.now();
      team = await api.createTeam(name);
      path = `/v1/teams/${team}/connections`;
      return { team, path };
    },
    now: () => nowMs,
    passTime(ms: number): void {
      nowMs += ms;
    },
    inSeconds: (seconds: number): string => new Date(nowMs + seconds * 1000).toISOString(),
    create,
    created: async (more: object = {}, key?: string): Promise<Made> => {
      const answer = await create(more, key);
      expect(answer.status, answer.text).toBe(201);
      return answer.body as Made;
    },
    change: (id: string, body: object, key?: string) =>
      api.call('PATCH', `${path}/${id}`, { body, ...(key === undefined ? {} : { key }) }),
    changed: async (id: string, body: object): Promise<Made> => {
      const answer = await api.call('PATCH', `${path}/${id}`, { body });
      expect(answer.status, answer.text).toBe(200);
      return answer.body as Made;
    },
    /** As calls read it. */
    config,
    /** The tokens in the order in which they are used, opened. */
    tokens: async (id: string): Promise<unknown[]> =>
      (await config(id)).credentials.map(({ fields }) => fields['token'] ?? null),
  };
}
