import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Context } from '../../src/context.ts';
import { createPool, endPool } from '../../src/database/pool.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import { addMember } from '../../src/members/add-member.ts';
import { roles, rolesOfPermission } from '../../src/members/role-permissions.rules.ts';
import { createSealer } from '../../src/sealing/sealer.ts';
import { pageAt, tableRows } from '../docs/pages.ts';
import { createApi } from '../support/api.ts';
import { createOwnDatabase } from '../support/own-database.ts';
import { startPosthorn } from '../support/posthorn-process.ts';

/** The published table: by permission, whether each role has it. */
const published = new Map(
  tableRows(pageAt('docs/members.md'), 'permission').map(([permission = '', ...cells]) => [
    permission,
    new Map(roles.map((role, index) => [role, cells[index]])),
  ]),
);

describe('docs/members.md', () => {
  test('has every permission, and which roles it is granted to', () => {
    const expected = Object.entries(rolesOfPermission).map(([permission, granted]) => [
      permission,
      new Map(roles.map((role) => [role, granted.includes(role) ? 'yes' : 'no'])),
    ]);
    expect([...published]).toEqual(expected);
    expect(tableRows(pageAt('docs/members.md'), 'permission')).toHaveLength(published.size);
  });
});

type Route = { method: string; path: string; permission: string };

/** Nothing that is there is named, and nothing is sent: access is judged before either is looked at. */
function fill(path: string, team: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === 'team' ? team : 'x'));
}

/** Status and code. The body of a stream is not waited for. */
async function ask(url: string, { method, path }: Route, team: string, key: string): Promise<string> {
  const answer = await fetch(url + fill(path, team), {
    method,
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(30_000),
  });
  const isProblem = (answer.headers.get('content-type') ?? '').includes('problem+json');
  if (isProblem) return `${answer.status} ${((await answer.json()) as { code: string }).code}`;
  await answer.body?.cancel();
  return String(answer.status);
}

test('every route of a running Posthorn takes the keys of exactly the roles that the table names', async () => {
  const database = await createOwnDatabase();
  const dataFolder = await mkdtemp(join(tmpdir(), 'posthorn-roles-'));
  onTestFinished(() => rm(dataFolder, { recursive: true, force: true }));
  const posthorn = await startPosthorn({ dataFolder, env: { DATABASE_URL: database.url } });
  onTestFinished(async () => void (await posthorn.end('SIGTERM')));
  const api = createApi(() => posthorn.url);
  const { id: team } = await api.call<{ id: string }>('POST', '/v1/teams', { name: 'Acme' });
  const document = await api.call<{ paths: Record<string, Record<string, { 'x-permission': string }>> }>(
    'GET',
    '/openapi.json',
  );
  const routes: Route[] = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      return { method: method.toUpperCase(), path, permission: operation['x-permission'] };
    }),
  );
  const guarded = routes.filter(({ permission }) => permission !== 'public');
  guarded.push({ method: 'GET', path: '/egress/con_x/y', permission: 'connections:call' });

  const pool = createPool({ ...database.config, max: 2 }, () => undefined);
  onTestFinished(() => endPool(pool));
  const clock = { now: () => Date.now() };
  const ctx: Context = {
    database: pool,
    clock,
    ids: createIdSource(clock),
    sealer: createSealer({ masterKeys: [randomBytes(32)] }),
    environment: 'development',
    actor: { kind: 'operator' },
    requestId: 'test',
    address: null,
  };
  let tried = 0;
  for (const role of roles) {
    const member = await addMember(ctx, { teamId: team, name: role, email: `${role}@example.com`, role });
    const { key } = await api.call<{ key: string }>('POST', `/v1/teams/${team}/api-keys`, {
      name: role,
      memberId: member.id,
      permissions: ['*'],
    });
    for (const route of guarded) {
      const outcome = await ask(posthorn.url, route, team, key);
      const may = route.permission !== 'operator' && published.get(route.permission)?.get(role) === 'yes';
      const what = `${role}: ${route.method} ${route.path} takes ${route.permission}`;
      if (may) expect(outcome, what).not.toMatch(/^(401|403|5\d\d)/);
      else expect(outcome, what).toBe('403 forbidden');
      tried += 1;
    }
  }
  expect(tried).toBeGreaterThanOrEqual(5 * 55);
}, 180_000);
