import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalJson, type Json } from '../../src/audit/canonical-json.rules.ts';
import { readCheckpoint, type SignedCheckpoint } from '../../src/audit/checkpoint.rules.ts';
import { recordChange } from '../../src/audit/record-change.ts';
import { verifyAudit } from '../../src/audit/verify-audit.ts';
import { verifyExport } from '../../src/audit/verify-export.ts';
import { writeCheckpoint } from '../../src/audit/write-checkpoint.ts';
import { inTransaction } from '../../src/database/transaction.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { rewrapSecrets } from '../../src/sealing/rewrap-secrets.ts';
import { blockOf, pageAt } from '../docs/pages.ts';
import { byOperator } from '../support/audit-context.ts';
import { type AuditStand, openAuditStand } from './audit-stand.ts';

let stand: AuditStand;
let team: string;
let publicKey: KeyObject;
beforeEach(async () => {
  stand = await openAuditStand();
  ({ publicKey } = await stand.audit.services.signer());
  team = await stand.createTeam();
  await work(6);
  await checkpoint();
  await work(6);
});
afterEach(() => stand.close());

/** Entries of the team, made as anybody makes them. */
async function work(count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) {
    await stand.call('POST', `/v1/teams/${team}/event-types`, {
      body: { name: `type.${randomBytes(4).toString('hex')}` },
    });
  }
}
async function checkpoint(): Promise<SignedCheckpoint> {
  const signer = await stand.audit.services.signer();
  const made = await writeCheckpoint({ ...stand, signer }, { now: true });
  if (made === null) throw new Error('there was nothing to sign');
  return made;
}
const verify = (others: SignedCheckpoint[] = [], key: KeyObject = publicKey) =>
  verifyAudit(stand.database, {
    publicKey: key,
    others: others.map((each) => ({ checkpoint: each, called: 'the checkpoint outside' })),
  });
const mine = () => `team_id = '${uuidFromId(team)}'`;
async function exported(path: string): Promise<string[]> {
  return (await stand.call('GET', path)).text.split('\n').filter((line) => line !== '');
}
async function* from(lines: readonly string[]) {
  yield* lines;
}
const verifyLines = (lines: readonly string[], others: SignedCheckpoint[] = [], key: KeyObject | null = publicKey) =>
  verifyExport(from(lines), {
    publicKey: key,
    others: others.map((each) => ({ checkpoint: each, called: 'the checkpoint outside' })),
  });

describe('the database', () => {
  test('refuses to change, delete or truncate entries and checkpoints, and to turn heads back', async () => {
    const refused = [
      `UPDATE audit_entry SET content = content`,
      `DELETE FROM audit_entry`,
      `TRUNCATE audit_entry`,
      `UPDATE audit_checkpoint SET body = body`,
      `DELETE FROM audit_checkpoint`,
      `TRUNCATE audit_checkpoint CASCADE`,
      `UPDATE audit_head SET sequence = sequence - 1`,
      `UPDATE audit_head SET hash = hash`,
      `DELETE FROM audit_head`,
      `TRUNCATE audit_head`,
    ];
    for (const statement of refused) {
      await expect(stand.database.query(statement), statement).rejects.toMatchObject({ code: '42501' });
      // As replication applies changes: triggers are off in such a session, but for those that always run.
      const replica = `SET LOCAL session_replication_role = replica; ${statement}`;
      await expect(stand.database.query(replica), replica).rejects.toMatchObject({ code: '42501' });
    }
    expect((await verify()).faults).toEqual([]);
  });

  test('lets a role that owns nothing append and read, and refuses it all else before any trigger', async () => {
    const role = `audit_test_${randomBytes(6).toString('hex')}`;
    const owner = `${role}_owner`;
    const { database } = stand;
    const { rows } = await database.query<{ name: string }>('SELECT current_database() AS name');
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; ALTER DATABASE ${rows[0]?.name} OWNER TO ${role}`);
    const statements = blockOf(pageAt('docs/audit.md'), 'sql', 'audit-owner');
    await database.query(statements.replace(/\bposthorn(_audit)?\b/g, (name) => (name === 'posthorn' ? role : owner)));
    const client = await database.connect();
    try {
      await client.query(`SET ROLE ${role}`);
      const append = `SELECT append_audit('{${uuidFromId(team)}}', ARRAY[gen_random_uuid()], '{0}', '{x}', '{x}', '{x}', '{x}', '{x}', '{x}', '{f}')`;
      expect((await client.query(append)).rows).toEqual([{ append_audit: 1 }]);
      for (const statement of [
        'UPDATE audit_entry SET actor = actor',
        'DELETE FROM audit_entry',
        'TRUNCATE audit_entry',
        'DELETE FROM audit_checkpoint',
        'ALTER TABLE audit_entry DISABLE TRIGGER ALL',
        'DROP TRIGGER audit_entry_is_final ON audit_entry',
        'DROP TABLE audit_entry',
        'DROP FUNCTION refuse_audit_change() CASCADE',
        'CREATE OR REPLACE FUNCTION guard_audit_head() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN new; END$$',
      ]) {
        await expect(client.query(statement), statement).rejects.toThrow(/permission denied|must be owner/);
      }
    } finally {
      await client.query('RESET ROLE');
      client.release();
      await database.query(
        `REASSIGN OWNED BY ${owner}, ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`,
      );
      await database.query(`DROP OWNED BY ${owner}; DROP ROLE ${owner}`);
    }
  });

  test('verifies when nobody touched it, also after its team was deleted', async () => {
    await stand.call('DELETE', `/v1/teams/${team}`);
    expect(await verify([await checkpoint()])).toMatchObject({ faults: [], chains: 1, entries: 14, checkpoints: 2 });
    expect((await stand.call('GET', `/v1/teams/${team}/audit?limit=1`)).body.data).toMatchObject([
      { action: 'team.deleted', sequence: 14, before: { name: 'Acme', retentionDays: 30 }, after: null },
    ]);
  });

  test.each([
    [
      'an edited entry',
      `UPDATE audit_entry SET content = replace(content, 'operator', 'posthorn') WHERE sequence = 4 AND`,
      'changed',
      4,
    ],
    ['a deleted entry', `DELETE FROM audit_entry WHERE sequence = 4 AND`, 'missing', 4],
    ['a column that hides an entry', `UPDATE audit_entry SET action = 'team.read' WHERE sequence = 4 AND`, 'copy', 4],
    ['entries cut off the end', `DELETE FROM audit_entry WHERE sequence > 10 AND`, 'cut-off', 13],
    ['an end on record that was moved', `UPDATE audit_head SET sequence = 11 WHERE`, 'head', 13],
  ])('%s is found, and which it is', async (_, statement, kind, to) => {
    await stand.tamper(`${statement} ${mine()}`);
    const { faults } = await verify();
    expect(faults.map((fault) => fault.kind)).toContain(kind);
    expect(faults.find((fault) => fault.kind === kind)).toMatchObject({ team, to });
  });

  test('two entries in each other’s place are found', async () => {
    await stand.tamper(
      `UPDATE audit_entry SET sequence = 1000 WHERE sequence = 4 AND ${mine()}`,
      `UPDATE audit_entry SET sequence = 4 WHERE sequence = 5 AND ${mine()}`,
      `UPDATE audit_entry SET sequence = 5 WHERE sequence = 1000 AND ${mine()}`,
    );
    expect((await verify()).faults.map(({ kind, to }) => [kind, to])).toContainEqual(['changed', 4]);
  });

  /** Everything from a place on, made anew by the very function that made it: hashes and end fit together. */
  const rewriteFrom = (sequence: number) =>
    stand.tamper(
      `DELETE FROM audit_entry WHERE sequence >= ${sequence} AND ${mine()}`,
      `UPDATE audit_head h SET sequence = e.sequence, hash = e.hash FROM audit_entry e
         WHERE h.${mine()} AND e.team_id = h.team_id AND e.sequence = ${sequence - 1}`,
      ...Array.from({ length: 14 - sequence }, (_, index) => {
        const id = stand.ids.next('aud');
        const content = `{"action":"team.updated","actor":{"id":null,"kind":"operator","memberId":null},"address":null,"after":${index},"at":"1970-01-01T00:00:00.000Z","before":null,"id":"${id}","outcome":"succeeded","requestId":null,"target":null,"team":"${team}"}`;
        return `SELECT append_audit('{${uuidFromId(team)}}', '{${uuidFromId(id)}}', '{0}', '{operator}', '{NULL}', '{team.updated}', '{NULL}', '{NULL}', ARRAY['${content}'], '{f}')`;
      }),
    );

  test('a tail that was written anew is found by the checkpoint that was signed over it', async () => {
    await rewriteFrom(5);
    expect((await verify()).faults).toMatchObject([{ kind: 'replaced', team, from: 1, to: 7 }]);
  });

  test('a tail that was written anew after the last checkpoint needs one that was kept outside', async () => {
    const outside = await checkpoint();
    await stand.tamper(`DELETE FROM audit_checkpoint WHERE number = 2`);
    await rewriteFrom(10);
    expect((await verify()).faults).toEqual([]);
    const { faults } = await verify([outside]);
    expect(faults.map(({ kind }) => kind)).toEqual(['checkpoint', 'replaced']);
    expect(faults[1]).toMatchObject({ team, from: 8, to: 13 });
  });

  test('checkpoints signed with another key, or edited, are found', async () => {
    await checkpoint();
    expect((await verify([], generateKeyPairSync('ed25519').publicKey)).faults).toHaveLength(2);
    await stand.tamper(
      `UPDATE audit_checkpoint SET body = replace(body, '"sequence":7', '"sequence":6') WHERE number = 1`,
    );
    expect((await verify()).faults.map(({ what }) => what)).toEqual([
      'checkpoint 1 is not signed with this key, or was changed',
      'checkpoint 2 does not follow the one before it',
    ]);
  });
});

describe('an export', () => {
  test('of everything verifies anywhere with the public key, and every change of a byte is found', async () => {
    const other = await stand.createTeam('Other');
    const lines = await exported('/v1/audit/export');
    expect(await verifyLines(lines)).toMatchObject({ faults: [], chains: 3, isKeyTrusted: true, checkpoints: 2 });
    expect(await verifyLines(lines, [], null)).toMatchObject({ faults: [], isKeyTrusted: false });
    expect(lines.join('')).toContain(other);
    for (const [index, line] of lines.entries()) {
      for (let at = 0; at < line.length; at += 1 + Math.floor(line.length / 12)) {
        const changed = line.slice(0, at) + String.fromCodePoint(line.charCodeAt(at) ^ 1) + line.slice(at + 1);
        const { faults } = await verifyLines(lines.with(index, changed));
        // The time and the key in the first line are for people: the key to trust is one's own.
        if (index > 0) expect(faults, changed).not.toEqual([]);
      }
    }
  });

  test('in which anything is added that no hash and no signature covers is refused, line by line', async () => {
    const lines = await exported('/v1/audit/export');
    for (const [index, line] of lines.entries()) {
      const { type, ...rest } = JSON.parse(line) as Record<string, Json>;
      const added = canonicalJson({ ...rest, type: type ?? null, zNote: 'approved by the owner' });
      const what = `line ${index + 1} is no line of an export that this release knows`;
      expect((await verifyLines(lines.with(index, added))).faults).toContainEqual(expect.objectContaining({ what }));
      if (type !== 'checkpoint') continue;
      const within = canonicalJson({ type, checkpoint: { ...(rest['checkpoint'] as object), zNote: 'approved' } });
      expect((await verifyLines(lines.with(index, within))).faults).toContainEqual(expect.objectContaining({ what }));
    }
  });

  test('of which a line is deleted, repeated or moved, or the end cut off, is found wherever that is', async () => {
    const lines = await exported('/v1/audit/export');
    for (let index = 0; index < lines.length; index += 1) {
      const line = lines[index] as string;
      expect((await verifyLines(lines.toSpliced(index, 1))).faults, `without line ${index}`).not.toEqual([]);
      expect((await verifyLines(lines.toSpliced(index, 0, line))).faults, `line ${index} twice`).not.toEqual([]);
      expect((await verifyLines(lines.slice(0, index))).faults, `cut at ${index}`).not.toEqual([]);
      const moved = lines.toSpliced(index, 1).toSpliced((index + 3) % lines.length, 0, line);
      expect((await verifyLines(moved)).faults, `line ${index} moved`).not.toEqual([]);
    }
  });

  test('of a team knows nothing of others, ends with a checkpoint over its chain, and is held to others', async () => {
    const other = await stand.createTeam('Other');
    const lines = await exported(`/v1/teams/${team}/audit/export`);
    expect(lines.join('')).not.toContain(other);
    const { faults, entries, checkpoints } = await verifyLines(lines);
    expect({ faults, entries, checkpoints }).toEqual({ faults: [], entries: 14, checkpoints: 1 });
    const outside = await checkpoint();
    expect((await verifyLines(lines, [outside])).faults).toEqual([]);
    await work(1);
    expect((await verifyLines(lines, [await checkpoint()])).faults).toMatchObject([
      { kind: 'cut-off', from: 15, to: 15 },
    ]);
    const kept = readCheckpoint((JSON.parse(lines[1] as string) as { checkpoint: unknown }).checkpoint);
    if (kept === null) throw new Error('the second line is no checkpoint');
    expect((await verify([kept])).faults).toEqual([]);
    await stand.tamper(`UPDATE audit_entry SET hash = sha256('x') WHERE sequence = 14 AND ${mine()}`);
    expect((await verify([kept])).faults).toContainEqual(expect.objectContaining({ kind: 'replaced', to: 14 }));
  });
});

describe('checkpoints', () => {
  const numbers = async () =>
    (await stand.database.query<{ number: string }>('SELECT number FROM audit_checkpoint ORDER BY 1')).rows.map(
      ({ number }) => Number(number),
    );
  const due = async () => writeCheckpoint({ ...stand, signer: await stand.audit.services.signer() }, { now: false });

  test('are written after ten minutes or 1,000 entries, and never twice over the same', async () => {
    expect(await due()).toBeNull();
    stand.passTime(601_000);
    expect(await due()).toMatchObject({ number: 2, heads: [{ team, sequence: 13 }] });
    stand.passTime(601_000);
    expect(await due()).toBeNull();
    stand.passTime(-601_000);
    const actor = {
      kind: 'api-key' as const,
      teamId: team,
      apiKeyId: stand.ids.next('key'),
      permissions: new Set<string>(),
      memberId: null,
      role: null,
    };
    const request = { route: 'GET /', address: '::1', requestId: 'r' };
    const refuse = () => stand.audit.access.refused(actor, request, { code: 'forbidden' });
    await Promise.all(Array.from({ length: 999 }, refuse));
    expect(await due()).toBeNull();
    await refuse();
    expect(await due()).toMatchObject({ number: 3, heads: [{ sequence: 1013 }] });
  });

  test('are made by one node at a time, in one row, and a last one when a node stops', async () => {
    const signer = await stand.audit.services.signer();
    await Promise.all([1, 2, 3].map(() => writeCheckpoint({ ...stand, signer }, { now: true })));
    expect(await numbers()).toEqual([1, 2]);
    await work(1);
    await stand.audit.stop();
    expect(await numbers()).toEqual([1, 2, 3]);
    expect((await verify()).faults).toEqual([]);
  });

  test('are listed newest first for the operator alone, and the key is everybody’s to know', async () => {
    await checkpoint();
    const first = await stand.call('GET', '/v1/audit/checkpoints?limit=1');
    expect(first.body.data).toMatchObject([{ number: 2, scope: 'all' }]);
    const second = await stand.call('GET', `/v1/audit/checkpoints?limit=1&cursor=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ data: [{ number: 1, previous: null }], nextCursor: null });
    const key = await stand.call('GET', '/v1/audit/public-key', { key: null });
    expect(key.body.pem).toBe(publicKey.export({ type: 'spki', format: 'pem' }));
    expect(key.body.key).toBe(first.body.data[0].key);
  });

  test('are signed with one key by all nodes, which moves to another master key with the rest', async () => {
    const { signer } = stand.openAudit().services;
    expect((await signer()).keyId).toBe((await stand.audit.services.signer()).keyId);
    const newKey = randomBytes(32);
    const { database } = stand;
    const moved = await rewrapSecrets(
      { database, masterKeys: [newKey, stand.masterKey] },
      { onProgress: () => undefined },
    );
    expect(moved).toMatchObject({ moved: 1, damaged: [] });
    await expect(stand.openAudit().services.signer()).rejects.toMatchObject({ code: 'unknown-key' });
  });
});

test('what fails leaves no entry, and what is undone with its transaction neither', async () => {
  const before = (await stand.entries(team)).length;
  const refused = await stand.call('POST', `/v1/teams/${team}/endpoints`, {
    body: { url: 'http://x', eventTypes: ['*'] },
  });
  expect(refused.status).toBe(422);
  await stand.database.query(`ALTER TABLE audit_head RENAME TO audit_head_away`);
  const failed = await stand.call('POST', `/v1/teams/${team}/event-types`, { body: { name: 'half.done' } });
  await stand.database.query(`ALTER TABLE audit_head_away RENAME TO audit_head`);
  expect(failed.status).toBe(500);
  expect((await stand.call('GET', `/v1/teams/${team}/event-types/half.done`)).status).toBe(404);
  expect((await stand.entries(team)).length).toBe(before);
  expect(stand.errors.splice(0)).not.toEqual([]);
});

test('many at once get one place each, on several nodes', async () => {
  const pools = [1, 2].map(() => new pg.Pool({ ...stand.databaseConfig, max: 4 }));
  const before = (await stand.entries(team)).length;
  const change = { teamId: team, action: 'team.updated' as const, target: null, fields: {} };
  const work40 = pools.flatMap((pool) =>
    Array.from({ length: 40 }, () => inTransaction(pool, (client) => recordChange(byOperator, client, change))),
  );
  await Promise.all(work40);
  await Promise.all(pools.map((pool) => pool.end()));
  expect((await stand.entries(team)).slice(before).map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 80 }, (_, index) => before + index + 1),
  );
  expect((await verify()).faults).toEqual([]);
});
