import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { createPaint } from '../../src/cli/terminal/paint.rules.ts';
import { providerLines } from '../../src/deployments/provider-lines.rules.ts';
import { blockOf, pageAt, tableRows } from '../docs/pages.ts';
import { type Api, createApi } from '../support/api.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { operatorKey, type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const [goodToken, badToken] = ['api_0123456789abcdef0123', 'api_bad0123456789abcdef'];
/** Lists documents for one token, and is not well for the other. */
const documenso = createServer(({ headers }, response) => {
  const list = { data: [], count: 0, currentPage: 1, perPage: 1, totalPages: 0 };
  const status = headers.authorization?.includes(badToken) === true ? 500 : 200;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(list));
});
let database: TestDatabase;
let posthorn: PosthornProcess;
let folder: string;
let api: Api;
type Integration = { team: string; source: string; connection: string };
let team: string;
let source: string;
let connection: string;

async function integrate(token: string): Promise<Integration> {
  const make = async (path: string, body: object): Promise<string> =>
    (await api.call<{ id: string }>('POST', path, body)).id;
  const made = await make('/v1/teams', { name: 'Deploying' });
  const from = await make(`/v1/teams/${made}/sources`, {
    provider: 'documenso',
    name: 'Contracts',
    credentials: [{ value: 'a secret of Documenso' }],
  });
  const to = await make(`/v1/teams/${made}/connections`, {
    provider: 'documenso',
    environment: 'production',
    name: 'Contracts',
    baseUrl: `http://127.0.0.1:${(documenso.address() as AddressInfo).port}`,
    selfHosted: true,
    sources: [from],
    credentials: [{ name: '2026-11', fields: { token } }],
  });
  return { team: made, source: from, connection: to };
}

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'posthorn-deployments-'));
  posthorn = await startPosthorn({
    dataFolder: join(folder, 'data'),
    env: { DATABASE_URL: databaseUrlOf(database.config), POSTHORN_LOG_LEVEL: 'warn', POSTHORN_SHUTDOWN_SECONDS: '2' },
  });
  api = createApi(() => posthorn.url);
  documenso.listen(0, '127.0.0.1');
  await once(documenso, 'listening');
  ({ team, source, connection } = await integrate(goodToken));
}, 90_000);
afterAll(async () => {
  documenso.closeAllConnections();
  documenso.close();
  await posthorn.end('SIGTERM');
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

type Said = { out: string[]; err: string[]; exitCode: unknown; failed: string | null };

/** Runs a verb as the command line does. */
async function run(...args: string[]): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    paint: createPaint(false),
    width: 200,
  };
  const before = process.exitCode;
  const ofTeam = args.includes('--team') ? [] : ['--team', team];
  const withKey = args.includes('--key') ? [] : ['--key', operatorKey];
  const given = [...args, ...ofTeam, ...withKey, '--url', posthorn.url];
  let failed: string | null = null;
  try {
    await buildProgram(terminal).parseAsync(given, { from: 'user' });
  } catch (error) {
    failed = error instanceof Error ? error.message : String(error);
  }
  const { exitCode } = process;
  process.exitCode = before;
  return { out, err, exitCode, failed };
}

/** Without what is another each time. */
const alike = (text: string): string =>
  text
    .replaceAll(/\b(con|src)_\w{26}/g, '$1')
    .replaceAll(/\d+ ms/g, 'N ms')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then');

type Stored = { exitCode: number; tookMs: number; lines: { name: string; subject: string; state: string }[] };
const stored = async (release: string, of = team): Promise<Stored[]> =>
  (await api.call<{ data: Stored[] }>('GET', `/v1/teams/${of}/verifications?release=${release}`)).data;
const linesOf = (text: readonly string[], verdict: string, of = connection): string[] =>
  providerLines.filter((name) =>
    text.some((each) => each.startsWith(`${verdict.padEnd(4)}  ${name} (Contracts, ${of})`)),
  );
const checkNow = async (): Promise<{ state: string; seen: string }> => {
  const path = `/v1/teams/${team}/readiness/documenso.verify.ran-before-deployment/run?subject=${connection}`;
  const [found] = (await api.call<{ data: { state: string; seen: string }[] }>('POST', path)).data;
  return found ?? { state: 'nothing', seen: '' };
};

describe('posthorn verify --record', () => {
  test('says four lines of the connection first, and puts on record what it printed', async () => {
    const { out, failed, exitCode } = await run('verify', '--record', '--release', '1.0.0');
    expect(failed).toBeNull();
    expect(linesOf(out.slice(0, 4), 'OK')).toEqual([...providerLines]);
    expect(out[2]).toMatch(new RegExp(`: ${source}: 405$`));
    const page = pageAt('docs/deployments.md');
    const shown = blockOf(page, 'text', 'lines').trim().split('\n');
    expect(out.slice(0, 4).map(alike)).toEqual(shown.map(alike));
    expect(tableRows(page, 'line').map(([name]) => name)).toEqual(providerLines);
    expect(out.at(-1)).toMatch(/^On record for 1\.0\.0: vfy_\w{26}, \d+\.\d s\.$/);
    const [kept] = await stored('1.0.0');
    expect(kept?.exitCode).toBe(exitCode);
    const heads = out.filter((text) => /^(OK|FAIL|SKIP) /.test(text));
    expect(kept?.lines.map(({ name, state }) => `${state.padEnd(4)}  ${name}`)).toEqual(
      heads.map((text) => text.replace(/ \(.*$/, '')),
    );
    expect(JSON.stringify(kept)).not.toContain(goodToken);
  });

  test('prints and answers as before without it, and records nothing', async () => {
    const kept = async (): Promise<number> => {
      const all = await api.call<{ data: unknown[] }>('GET', `/v1/teams/${team}/verifications?limit=500`);
      return all.data.length;
    };
    const before = await kept();
    const { out } = await run('verify');
    expect(linesOf(out, 'OK')).toEqual([]);
    expect(out.at(-1)).toMatch(/OK, \d+ FAIL, \d+ SKIP\./);
    expect(await kept()).toBe(before);
  });

  test('fails a line, and the run, when Documenso does not answer as it should', async () => {
    const ill = await integrate(badToken);
    const { out, exitCode } = await run('verify', '--record', '--release', '1.0.1', '--team', ill.team);
    expect(linesOf(out, 'FAIL', ill.connection)).toEqual(['API answers', 'provider is well']);
    expect(exitCode).toBe(1);
    expect((await stored('1.0.1', ill.team))[0]?.exitCode).toBe(1);
    expect(out.join('\n')).not.toContain(badToken);
  });

  test('fails a line when the address of a source does not lead to Posthorn', async () => {
    await api.call('PATCH', `/v1/teams/${team}/connections/${connection}`, { sources: [] });
    const { out, exitCode } = await run('verify', '--record', '--release', '1.0.2', '--connection', connection);
    await api.call('PATCH', `/v1/teams/${team}/connections/${connection}`, { sources: [source] });
    expect(linesOf(out, 'FAIL')).toContain('webhook address answers');
    expect(exitCode).toBe(1);
  });

  test('says that the run is not on record when it cannot be, after all is printed', async () => {
    const { out, failed } = await run('verify', '--record', '--release', 'not a release');
    expect(out.some((text) => / SKIP\./.test(text))).toBe(true);
    expect(failed).toMatch(/^this run is not on record: /);
    const json = await run('verify', '--json', '--record', '--release', 'not a release');
    expect(JSON.parse(json.out.join('\n'))).toMatchObject({ verification: null });
    expect(json.failed).toMatch(/^this run is not on record: /);
  });

  test('needs a key with no more than the permissions that its page names', async () => {
    const [, named = ''] = /needs ((?:`[a-z:]+`[, and]*)+)\./.exec(pageAt('docs/deployments.md').text) ?? [];
    const permissions = [...named.matchAll(/[a-z]+:[a-z]+/g)].map(([name]) => name);
    expect(permissions).toHaveLength(4);
    const make = async (some: readonly string[]): Promise<string> => {
      const body = { name: 'pipeline', permissions: some };
      return (await api.call<{ key: string }>('POST', `/v1/teams/${team}/api-keys`, body)).key;
    };
    const { out, failed } = await run('verify', '--record', '--release', '1.0.3', '--key', await make(permissions));
    expect(failed).toBeNull();
    expect(linesOf(out, 'OK')).toEqual([...providerLines]);
    const less = await make(permissions.filter((name) => name !== 'sources:read'));
    expect((await run('verify', '--record', '--release', '1.0.4', '--key', less)).failed).toContain('permission');
  });

  test('takes no half of what it needs, and no connection that is none', async () => {
    expect((await run('verify', '--record')).failed).toContain('--release <release>');
    expect((await run('verify', '--release', '1')).failed).toContain('add --record');
    const other = await run('verify', '--record', '--release', '1', '--connection', 'con_x');
    expect(other.failed).toContain('con_x is no Documenso connection to production');
  });
});

const line = { name: 'API answers', subject: null, state: 'OK', detail: null };

describe('posthorn deployment', () => {
  test('puts a deployment on record, and lists it with the runs before it', async () => {
    const started = await run('deployment', 'start', '--release', '0.9.0', '--environment', 'staging');
    expect(started.out).toEqual([expect.stringMatching(/^on record {2}dpl_\w{26}: 0\.9\.0 to staging at 20/)]);
    const listed = await run('deployment', 'list', '--environment', 'staging');
    expect(listed.out).toHaveLength(2);
    expect(listed.out[1]).toMatch(/^dpl_\w{26} +20\S+ +staging +0\.9\.0 +all +operator$/);
    const noted = { release: '0.9.0', exitCode: 1, tookMs: 2_345, lines: [line, { ...line, state: 'FAIL' }] };
    await api.call('POST', `/v1/teams/${team}/verifications`, noted);
    const runs = await run('deployment', 'verifications', '--release', '0.9.0');
    expect(runs.out[1]).toMatch(/^vfy_\w{26} +20\S+ +production +0\.9\.0 +1 +2\.3 s +1$/);
    const json = await run('deployment', 'list', '--json');
    expect(JSON.parse(json.out.join(''))).toMatchObject([{ release: '0.9.0', connection: null }]);
    expect((await run('deployment', 'list', '--release', 'none')).err.join()).toContain('posthorn deployment start');
    expect((await run('deployment', 'start', '--release', '1', '--at', 'noon')).failed).toContain('startedAt');
  });

  test('is what the check goes by: unknown before, failed when nothing was verified, passed when it was', async () => {
    expect(await checkNow()).toMatchObject({ state: 'unknown' });
    await run('deployment', 'start', '--release', '2.0.0');
    expect(await checkNow()).toMatchObject({ state: 'failed', seen: expect.stringContaining('no run') });

    // What failed for the deployment before neither shows nor stops the next one.
    const { out } = await run('verify', '--record', '--release', '2.0.1');
    expect(out.join('\n')).not.toContain('documenso.verify.ran-before-deployment');
    await run('deployment', 'start', '--release', '2.0.1', '--connection', connection);
    const found = await checkNow();
    const [kept] = await stored('2.0.1');
    // A development gateway has blockers that fail, of which the run says so.
    expect(found).toMatchObject(
      kept?.exitCode === 0
        ? { state: 'passed' }
        : { state: 'failed', seen: expect.stringContaining('though posthorn verify had ended with 1') },
    );
    const good = { release: '2.0.1', exitCode: 0, tookMs: 2_000, lines: kept?.lines };
    await api.call('POST', `/v1/teams/${team}/verifications`, good);
    await run('deployment', 'start', '--release', '2.0.1');
    expect(await checkNow()).toMatchObject({ state: 'passed' });
    await run('deployment', 'start', '--release', '2.0.2', '--environment', 'staging');
    expect(await checkNow()).toMatchObject({ state: 'passed' });
  });
});
