import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { createTestDatabase } from '../../tests/support/test-database.ts';
import { openSigner } from '../audit/checkpoint-signer.ts';
import { readConfig } from '../config.ts';
import { createIdSource } from '../ids/id-source.ts';
import { createSealer } from '../sealing/sealer.ts';
import { checkDisk, checkNode, checkOpenFiles } from './doctor/check-machine.ts';
import { type Finding, renderFinding } from './doctor/finding.rules.ts';
import { examine } from './doctor.ts';
import { createPaint } from './terminal/paint.rules.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-doctor-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function doctor(env: Record<string, string>): Promise<Finding[]> {
  return await examine(readConfig({ PORT: '0', ...env }));
}

function of(findings: readonly Finding[], check: string): string[] {
  return findings.filter((finding) => finding.check === check).map(({ state, what }) => `${state} ${what}`);
}

describe('doctor', () => {
  test('finds nothing wrong before the first start', async () => {
    const folder = join(await temporaryFolder(), 'not', 'yet');
    const findings = await doctor({ POSTHORN_DATA: folder });
    expect(findings.filter(({ state }) => state === 'FAIL')).toEqual([]);
    expect(of(findings, 'data folder')).toEqual([`OK ${folder} will be made at the first start`]);
    expect(of(findings, 'database')).toEqual(['OK embedded; made at the first start']);
  });

  test('names every problem of the configuration and leaves the rest', async () => {
    const findings = await doctor({ HOST: '!', POSTHORN_ENV: 'production' });
    expect(of(findings, 'configuration')).toHaveLength(3);
    expect(of(findings, 'data folder')).toEqual([]);
    expect(findings.filter(({ state, remedy }) => state === 'FAIL' && remedy === null)).toEqual([]);
  });

  test('fails for keys that others can read', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'operator-key'), 'secret-of-mine', { mode: 0o644 });
    await chmod(join(folder, 'operator-key'), 0o644);
    const findings = await doctor({ POSTHORN_DATA: folder });
    expect(of(findings, 'operator key')).toEqual([`FAIL others can read ${join(folder, 'operator-key')}`]);
    expect(JSON.stringify(findings)).not.toContain('secret-of-mine');
  });

  test('fails for a database that another release wrote, which this one would not start', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'postgres'));
    await writeFile(join(folder, 'postgres', 'PG_VERSION'), '99\n');
    const [newer] = of(await doctor({ POSTHORN_DATA: folder }), 'database');
    expect(newer).toMatch(/^FAIL .*was written by PostgreSQL 99/);
    await writeFile(join(folder, 'postgres', 'PG_VERSION'), '18\n');
    expect(of(await doctor({ POSTHORN_DATA: folder }), 'database')).toEqual(['OK embedded; starts with posthorn up']);
  });

  test('fails when the master key of a database is gone or damaged', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'postgres'));
    await writeFile(join(folder, 'postgres', 'PG_VERSION'), '18\n');
    expect(of(await doctor({ POSTHORN_DATA: folder }), 'master key')[0]).toMatch(/^FAIL .* is gone/);
    await writeFile(join(folder, 'master-key'), 'half a key!', { mode: 0o600 });
    expect(of(await doctor({ POSTHORN_DATA: folder }), 'master key')[0]).toMatch(/^FAIL .* key 1 /);
  });

  test('warns of databases in the shared folder whose data folder is gone, and of no others', async () => {
    const [shared, present] = [await temporaryFolder(), await temporaryFolder()];
    const put = async (name: string, dataFolder: string | null, pid: number | null = null): Promise<string> => {
      const folder = join(shared, name);
      await mkdir(join(folder, 'postgres'), { recursive: true });
      await writeFile(join(folder, 'postgres', 'PG_VERSION'), '18\n'.padEnd(1000));
      if (dataFolder !== null) await writeFile(join(folder, 'data-folder'), `${dataFolder}\n`);
      if (pid !== null) await writeFile(join(folder, 'postgres', 'postmaster.pid'), `${pid}\n`);
      return folder;
    };
    const used = await put('used', present);
    await writeFile(join(present, 'postgres.location'), JSON.stringify({ folder: used, initialized: true }));
    const gone = join(present, 'gone');
    const left = await put('left', gone);
    await put('not-on-record', null);
    await put('with-a-server', gone, process.pid);
    const findings = await examine(readConfig({ PORT: '0', POSTHORN_DATA: present }), shared);
    expect(findings.filter(({ check }) => check === 'old database')).toEqual([
      {
        check: 'old database',
        state: 'WARN',
        what: expect.stringMatching(
          `^${left} \\(1(\\.\\d)? kB\\) is of ${gone}, which is gone or has another database$`,
        ),
        remedy: `when that was not only moved or unmounted: rm -r '${left}'`,
      },
    ]);
  });

  test('fails when the data folder is a file, and warns when everyone may enter it', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'file');
    await writeFile(file, '');
    expect(of(await doctor({ POSTHORN_DATA: file }), 'data folder')).toEqual([`FAIL ${file} is no folder`]);
    await chmod(folder, 0o755);
    expect(of(await doctor({ POSTHORN_DATA: folder }), 'data folder')[0]).toMatch(/^WARN .* open to everyone/);
  });
});

describe("doctor's look at the port", () => {
  async function serve(answers: Record<string, object>): Promise<string> {
    const server = createServer((request, response) => {
      const answer = answers[request.url ?? ''];
      response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? { status: 'ok' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return String((server.address() as AddressInfo).port);
  }

  test('knows Posthorn, and whether it is ready', async () => {
    const folder = await temporaryFolder();
    const database = { name: 'database', detail: '3 s behind' };
    const answering = (ready: boolean) => ({
      '/livez': { alive: true },
      '/readyz': { ready, checks: [{ ...database, ok: ready }] },
    });
    const green = await doctor({ POSTHORN_DATA: folder, PORT: await serve(answering(true)) });
    expect(of(green, 'port')[0]).toMatch(/^OK Posthorn answers/);
    expect(of(green, 'ready')).toEqual(['OK yes: database']);
    const red = await doctor({ POSTHORN_DATA: folder, PORT: await serve(answering(false)) });
    expect(of(red, 'ready')).toEqual(['FAIL database: 3 s behind']);
  });

  test('fails when something else has it', async () => {
    const findings = await doctor({ POSTHORN_DATA: await temporaryFolder(), PORT: await serve({ '/livez': {} }) });
    expect(of(findings, 'port')[0]).toMatch(/^FAIL something that is not Posthorn/);
  });
});

describe("doctor's look at a database of one's own", () => {
  /** The run's server as a URL; an embedded one listens on a Unix socket. */
  function urlOf(database: string): string {
    const server = inject('testServer');
    if (server.connectionString !== undefined) {
      const url = new URL(server.connectionString);
      url.pathname = `/${database}`;
      return url.href;
    }
    const { user, password, host, port } = server;
    const credentials = `${user}:${encodeURIComponent(String(password))}`;
    return `postgres://${credentials}@localhost/${database}?host=${encodeURIComponent(host ?? '')}&port=${port}`;
  }

  test('finds version, clock and schema in order', async () => {
    await using database = await createTestDatabase();
    const findings = await doctor({
      POSTHORN_DATA: await temporaryFolder(),
      DATABASE_URL: urlOf(database.config.database ?? ''),
    });
    expect(of(findings, 'database')[0]).toMatch(/^OK PostgreSQL \d\d\.\d+ is reachable/);
    expect(of(findings, 'clock')[0]).toMatch(/^OK/);
    expect(of(findings, 'schema')).toEqual(['OK every migration of this release is applied']);
    expect(of(findings, 'row security')).toEqual(['OK reads on behalf of a team are kept to its rows']);
  });

  test('fails where the audit log is signed under another master key, and says where the way out is', async () => {
    await using database = await createTestDatabase();
    const [theirs, ours] = [randomBytes(32), randomBytes(32)];
    const ids = createIdSource({ now: () => Date.now() });
    await openSigner({ database: database.pool, ids, sealer: createSealer({ masterKeys: [theirs] }) });
    const sealedValues = async (masterKey: Buffer): Promise<Finding[]> => {
      const env = { DATABASE_URL: urlOf(database.config.database ?? ''), POSTHORN_DATA: await temporaryFolder() };
      const findings = await doctor({ ...env, POSTHORN_MASTER_KEY: masterKey.toString('base64') });
      return findings.filter(({ check }) => check === 'sealed values');
    };
    expect(await sealedValues(ours)).toEqual([
      {
        check: 'sealed values',
        state: 'FAIL',
        what: '1 of 1 signing keys of the audit log are sealed under another key',
        remedy: 'give it back, see posthorn keys status; if it is lost, "A lost master key" in docs/operations.md',
      },
    ]);
    expect(await sealedValues(theirs)).toMatchObject([{ state: 'OK', remedy: null }]);
  });

  test('warns of another schema, fails for too few connections', async () => {
    await using database = await createTestDatabase();
    await database.pool.query('DELETE FROM migration WHERE number = (SELECT max(number) FROM migration)');
    const findings = await doctor({
      POSTHORN_DATA: await temporaryFolder(),
      DATABASE_URL: urlOf(database.config.database ?? ''),
      POSTHORN_DATABASE_CONNECTIONS: '500',
    });
    expect(of(findings, 'schema')).toEqual(['WARN migrations are missing']);
    expect(of(findings, 'connections')[0]).toMatch(/^FAIL it allows \d+, and one node opens up to 510/);
  });

  test('fails for the schema of a newer release, on which this one refuses to start', async () => {
    await using database = await createTestDatabase();
    await database.pool.query("INSERT INTO migration VALUES (9999, '9999_later.sql')");
    const url = urlOf(database.config.database ?? '');
    const findings = await doctor({ POSTHORN_DATA: await temporaryFolder(), DATABASE_URL: url });
    expect(of(findings, 'schema')).toEqual(['FAIL a newer release has migrated it']);
  });

  test('fails, and keeps the password to itself, when it cannot get in', async () => {
    const findings = await doctor({
      POSTHORN_DATA: await temporaryFolder(),
      DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/x',
    });
    expect(findings.at(-1)).toMatchObject({ state: 'FAIL', remedy: expect.stringContaining('start PostgreSQL') });
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });
});

test('judges the machine', async () => {
  expect(checkNode('22.1.0').state).toBe('FAIL');
  expect(checkNode('24.0.0').state).toBe('OK');
  const limits = (files: string) => () =>
    Promise.resolve(`Max open files            ${files}                 4096    files`);
  expect((await checkOpenFiles(limits('1024')))[0]?.state).toBe('WARN');
  expect((await checkOpenFiles(limits('unlimited')))[0]?.state).toBe('OK');
  expect(await checkOpenFiles(() => Promise.resolve(null))).toEqual([]);
  const free = (bytes: number | null) => () => Promise.resolve(bytes);
  const states = await Promise.all([5e9, 1e9, 1e8, null].map((bytes) => checkDisk('/x', free(bytes))));
  expect(states.map(({ state }) => state)).toEqual(['OK', 'WARN', 'FAIL', 'WARN']);
});

test('a finding fits the terminal, its remedy below it', () => {
  const finding = { check: 'disk', state: 'WARN', what: 'w '.repeat(60).trim(), remedy: 'free some space' } as const;
  const lines = renderFinding(finding, { paint: createPaint(false), width: 80 });
  expect(lines[0]).toMatch(/^WARN {2}disk {11}w w/);
  expect(lines.at(-1)).toBe(`${' '.repeat(21)}→ free some space`);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
