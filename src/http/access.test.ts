/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import { permissionNames } from '../teams/permissions.rules.ts';

type Route = { method: 'GET' | 'POST' | 'PATCH' | 'DELETE'; path: string; permission: string };

let api: TestApi;
let routes: Route[];
let team: string;

beforeAll(async () => {
  api = await createTestApi();
  team = await api.createTeam();
  const { body } = await api.call('GET', '/openapi.json');
  routes = Object.entries(body.paths as Record<string, Record<string, { 'x-permission': string }>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase() as Route['method'],
        path,
        permission: operation['x-permission'],
      })),
  );
});
afterAll(() => api[Symbol.asyncDispose]());

function fill(path: string, teamId: string): string {
  const ids: Record<string, string> = { team: teamId, name: 'invoice.paid', endpoint: 'ep_x', apiKey: 'key_x' };
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'x');
}

/** Bodies do not matter: access is judged before anything is read. */
async function outcome(route: Route, teamId: string, key: string | null): Promise<string> {
  const answer = await api.call(route.method, fill(route.path, teamId), { key });
  return answer.body?.code ?? String(answer.status);
}

describe('access', () => {
  test('every route of this API is looked at', () => {
    expect(routes.length).toBeGreaterThanOrEqual(19);
  });

  test('without a key every route answers unauthorized and says what to send', async () => {
    for (const route of routes)
      expect(await outcome(route, team, null), `${route.method} ${route.path}`).toBe('unauthorized');
    const answer = await api.call('GET', '/v1/teams', { key: null });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="posthorn"');
  });

  test("another team's key finds nothing on any route, whatever it may do in its own team", async () => {
    const { key } = await api.createKey(await api.createTeam('Other'), ['*']);
    for (const route of routes.filter(({ path }) => path.includes('{team}'))) {
      expect(await outcome(route, team, key), `${route.method} ${route.path}`).toBe('not_found');
    }
    const mine = await api.call('GET', `/v1/teams/${team}`, { key });
    const nobodys = await api.call('GET', '/v1/teams/team_00000000000000000000000000', { key });
    expect({ ...mine.body, instance: '' }).toEqual({ ...nobodys.body, instance: '' });
  });

  test('a key that holds every permission but one is refused exactly where that one is needed', async () => {
    const each = permissionNames.filter((name) => name !== '*');
    for (const missing of each) {
      const { key } = await api.createKey(
        team,
        each.filter((name) => name !== missing),
      );
      for (const route of routes.filter(({ permission }) => each.includes(permission as never))) {
        const code = await outcome(route, team, key);
        if (route.permission === missing) expect(code, `${missing}: ${route.method} ${route.path}`).toBe('forbidden');
        else expect(code, `${missing}: ${route.method} ${route.path}`).not.toMatch(/forbidden|unauthorized/);
      }
    }
  });

  test('no team key may do what the operator does, and the answer names what is missing', async () => {
    const { key } = await api.createKey(team, ['*']);
    for (const route of routes.filter(({ permission }) => permission === 'operator')) {
      expect(await outcome(route, team, key), `${route.method} ${route.path}`).toBe('forbidden');
    }
    const reader = await api.createKey(team, ['teams:read']);
    const answer = await api.call('GET', `/v1/teams/${team}/endpoints`, { key: reader.key });
    expect(answer.body.detail).toContain('"endpoints:read"');
  });

  test('a team id that is no id is a team that does not exist, for the operator too', async () => {
    for (const id of ['nonsense', 'team_', `${team}x`, team.toUpperCase()]) {
      expect((await api.call('GET', `/v1/teams/${id}`)).body.code).toBe('not_found');
    }
  });

  test('headers that are almost right open nothing', async () => {
    const { key } = await api.createKey(team, ['*']);
    const wrong = [key, `Basic ${key}`, 'Bearer', 'Bearer  ', `Bearer ${key}x`, `Bearer ${key.slice(0, -1)}`];
    for (const authorization of [...wrong, `Bearer ${'x'.repeat(600)}`, `Bearer ${api.operatorKey.slice(1)}`]) {
      const answer = await api.call('GET', `/v1/teams/${team}`, { key: null, headers: { authorization } });
      expect(answer.status, authorization.slice(0, 20)).toBe(401);
    }
    const lower = await api.call('GET', `/v1/teams/${team}`, {
      key: null,
      headers: { authorization: `bearer ${key}` },
    });
    expect(lower.status).toBe(200);
  });

  test('a route whose team is that of the key takes it only with its permission, and only where it says so', async () => {
    const own = await createTestApi({
      register(app) {
        const answer = (): string => 'here';
        app.get('/own', { config: { permission: 'calls:read', teamOfKey: true } }, answer);
        app.get(
          '/proxy',
          { config: { permission: 'connections:call', teamOfKey: true, providerHeaders: true } },
          answer,
        );
        app.get('/teamless', { config: { permission: 'calls:read' } }, answer);
      },
    });
    try {
      const ownTeam = await own.createTeam();
      const [reader, caller, ofOne] = await Promise.all(
        [['calls:read'], ['connections:call'], ['connections:call:con_01h2xcejqtf2nbrexx3vqjhp41']].map((permissions) =>
          own.createKey(ownTeam, permissions),
        ),
      );
      const statuses = async (path: string, headersOf: (key: string) => object) =>
        Promise.all(
          [reader, caller, ofOne].map(async (made) => {
            const headers = headersOf(String(made?.key));
            return (await own.call('GET', path, { key: null, headers })).status;
          }),
        );
      const asBearer = (key: string) => ({ authorization: `Bearer ${key}` });
      expect(await statuses('/own', asBearer)).toEqual([200, 403, 403]);
      expect(await statuses('/proxy', asBearer)).toEqual([403, 200, 200]);
      expect(await statuses('/proxy', (key) => ({ 'x-api-key': key }))).toEqual([403, 200, 200]);
      expect(await statuses('/proxy', (key) => ({ authorization: key }))).toEqual([403, 200, 200]);
      expect(await statuses('/own', (key) => ({ 'x-api-key': key }))).toEqual([401, 401, 401]);
      expect(await statuses('/teamless', asBearer)).toEqual([403, 403, 403]);
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });

  test('a route that declares no permission refuses to register', async () => {
    const register = createTestApi({ register: (app) => void app.get('/open', () => 'here') });
    await expect(register).rejects.toThrow('GET /open declares no config.permission');
  });
});
