import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuditStand, openAuditStand } from '../../tests/audit/audit-stand.ts';
import { databaseUrlOf } from '../../tests/support/own-database.ts';
import { typed } from '../../tests/support/screen.ts';
import { until } from '../../tests/support/until.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { splitLines } from './audit/split-lines.ts';

let stand: AuditStand;
let folder: string;
let team: string;
beforeAll(async () => {
  stand = await openAuditStand();
  folder = await mkdtemp(join(tmpdir(), 'posthorn-audit-cli-'));
  team = await stand.createTeam();
  await stand.call('POST', `/v1/teams/${team}/event-types`, { body: { name: 'invoice.paid' } });
  await stand.call('PATCH', `/v1/teams/${team}`, { body: { name: 'Acme Ltd' } });
  stand.audit.start();
  await until('a checkpoint', async () => (await stand.call('GET', '/v1/audit/checkpoints')).body.data.length === 1);
});
afterAll(async () => {
  await stand.close();
  await rm(folder, { recursive: true, force: true });
});

const common = (): string[] => ['--url', stand.url, '--key', stand.operatorKey];
/** Runs the verb as the command line does. */
async function audit(...args: string[]) {
  const written = await typed(['audit', ...args]);
  const exitCode = process.exitCode;
  process.exitCode = undefined;
  return { ...written, exitCode };
}
/** In a process of its own, with the database's settings in its environment. */
function verifyDatabase(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(POSTHORN_|DATABASE_URL$|VITEST|NODE_ENV$)/.test(name),
  );
  const env = {
    ...Object.fromEntries(inherited),
    DATABASE_URL: databaseUrlOf(stand.databaseConfig),
    POSTHORN_MASTER_KEY: stand.masterKey.toString('base64'),
    POSTHORN_DATA: folder,
  };
  const cwd = join(import.meta.dirname, '../..');
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/cli/posthorn.ts', 'audit', 'verify', ...args], { cwd, env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

describe('posthorn audit', () => {
  test('lists who did what to what, and what changed', async () => {
    const { out } = await audit('list', '--action', 'team.updated', '--team', team, ...common());
    expect(out).toEqual([
      expect.stringMatching(new RegExp(`^\\S+Z  #3  team.updated  ${team}  by operator from 127.0.0.1$`)),
      '    - {"name":"Acme"}',
      '    + {"name":"Acme Ltd"}',
    ]);
    const all = await audit('list', '--all', '--json', '--target', 'invoice.paid', ...common());
    expect(JSON.parse(all.text)).toMatchObject([{ team, action: 'event-type.created', sequence: 2 }]);
    const nothing = await audit('list', '--team', team, '--actor', 'posthorn', ...common());
    expect(nothing).toMatchObject({ out: [], err: ['There is no such entry.'] });
  });

  test('exports a log that verifies without the database, with the key and the checkpoint that were kept', async () => {
    const [file, key, kept] = ['log.jsonl', 'key.pem', 'kept.json'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(key, (await audit('public-key', ...common())).text);
    await writeFile(kept, (await audit('checkpoint', ...common())).text);
    expect((await audit('export', '--all', '-o', file, ...common())).text).toMatch(
      /^\d+ entries in .*log\.jsonl; verify it: posthorn audit verify --export .*log\.jsonl$/m,
    );
    await expect(audit('export', '--all', '-o', file, ...common())).rejects.toThrow('is there already');

    const whole = await audit('verify', '--export', file, '--public-key', key, '--checkpoint', kept);
    expect(whole).toMatchObject({
      exitCode: 0,
      out: [expect.stringMatching(/^\d+ entries in 2 chains, 3 checkpoints: whole\.$/)],
    });
    const believing = await audit('verify', '--export', file);
    expect(believing).toMatchObject({
      exitCode: 0,
      out: [expect.any(String), expect.stringContaining('--public-key'), expect.stringContaining('--checkpoint')],
    });

    await writeFile(file, (await readFile(file, 'utf8')).replace('"name":"Acme Ltd"', '"name":"Other Co"'));
    const changed = await audit('verify', '--export', file, '--public-key', key);
    expect(changed.exitCode).toBe(1);
    expect(changed.out[0]).toMatch(
      new RegExp(`^${team}: entry 3 does not fit its hash: it was changed, or entry 2 was \\(aud_`),
    );
    const json = JSON.parse((await audit('verify', '--export', file, '--json')).text) as {
      ok: boolean;
      faults: unknown[];
    };
    expect(json).toMatchObject({ ok: false, faults: [{ kind: 'changed', team, to: 3 }] });
  });

  test('verifies the database itself with the key that is sealed in it, and finds what was done there', async () => {
    const kept = join(folder, 'newest.json');
    await writeFile(kept, (await audit('checkpoint', ...common())).text);
    const whole = await verifyDatabase('--checkpoint', kept);
    expect(whole).toMatchObject({ code: 0, err: '', out: expect.stringContaining(': whole.') });
    await stand.tamper(`DELETE FROM audit_entry WHERE sequence = 2 AND team_id = '${uuidFromId(team)}'`);
    const found = await verifyDatabase('--json');
    expect(found.code).toBe(1);
    expect(JSON.parse(found.out)).toMatchObject({ ok: false, faults: [{ kind: 'missing', team, from: 2, to: 2 }] });
  });

  test('says what is wrong with what it is given, and how to mend it', async () => {
    await expect(audit('list', '--action', 'endpoint.made', ...common())).rejects.toThrow(
      'endpoint.made is no action; of endpoint there are endpoint.created, endpoint.updated,',
    );
    await expect(audit('list', '--action', 'made', ...common())).rejects.toThrow('write one that docs/audit.md lists');
    const file = join(folder, 'nonsense');
    await writeFile(file, 'nonsense');
    await expect(audit('verify', '--export', join(folder, 'none'))).rejects.toThrow('cannot be read (ENOENT)');
    await expect(audit('verify', '--export', file, '--public-key', file)).rejects.toThrow('is no Ed25519 key');
    await expect(audit('verify', '--export', file, '--checkpoint', file)).rejects.toThrow(
      'holds something else than checkpoints',
    );
    expect((await audit('verify', '--export', file)).out[0]).toContain('line 1 is no JSON');
  });
});

test('lines end at line feeds alone, wherever the chunks are cut', async () => {
  const text = 'one \u2028 two\r\nthree\n\nwörld 😀';
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 100]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    const stream = (async function* () {
      yield* chunks;
    })();
    const lines: string[] = [];
    for await (const line of splitLines(stream)) lines.push(line);
    expect(lines).toEqual(['one \u2028 two\r', 'three', '', 'wörld 😀']);
  }
});
