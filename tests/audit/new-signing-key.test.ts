import { execFile } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkpointHash, checkpointOf, checkpointText } from '../../src/audit/checkpoint.rules.ts';
import { openSigner, signerOf } from '../../src/audit/checkpoint-signer.ts';
import { exportAudit } from '../../src/audit/export-audit.ts';
import { recordChange } from '../../src/audit/record-change.ts';
import { verifyAudit } from '../../src/audit/verify-audit.ts';
import { verifyExport } from '../../src/audit/verify-export.ts';
import { writeCheckpoint } from '../../src/audit/write-checkpoint.ts';
import { inTransaction } from '../../src/database/transaction.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import { masterKeyId } from '../../src/sealing/sealed-blob.rules.ts';
import { createSealer } from '../../src/sealing/sealer.ts';
import { byOperator } from '../support/audit-context.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const [lostKey, newKey] = [randomBytes(32), randomBytes(32)];
const clock = { now: () => Date.now() };
const ids = createIdSource(clock);
const nilTeam = '00000000-0000-0000-0000-000000000000';

let database: TestDatabase;
let old: Awaited<ReturnType<typeof signer>>;
beforeEach(async () => {
  database = await createTestDatabase();
  old = await signer(lostKey);
  await work();
  await writeCheckpoint({ database: database.pool, clock, signer: old }, { now: true });
  await work();
});
afterEach(() => database.drop());

const signer = (masterKey: Buffer) =>
  openSigner({ database: database.pool, ids, sealer: createSealer({ masterKeys: [masterKey] }) });
async function work(fields: { before?: Record<string, unknown> } = {}): Promise<void> {
  const change = { teamId: null, target: null, fields: { publicKey: 'shown' }, ...fields } as const;
  const action = fields.before === undefined ? 'signers.named' : 'keys.audit-key-replaced';
  await inTransaction(database.pool, (client) => recordChange(byOperator, client, { action, ...change }));
}
const verify = (publicKey: KeyObject) => verifyAudit(database.pool, { publicKey, others: [] });

function newAuditKey(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(POSTHORN_|DATABASE_URL$|VITEST)/.test(name));
  const env = {
    ...Object.fromEntries(inherited),
    DATABASE_URL: databaseUrlOf(database.config),
    POSTHORN_MASTER_KEY: newKey.toString('base64'),
  };
  const cwd = join(import.meta.dirname, '../..');
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/cli/posthorn.ts', 'keys', ...args], { cwd, env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

test('where its master key is lost, a new key signs: told beforehand, on record, and told by verification', async () => {
  await expect(signer(newKey)).rejects.toMatchObject({ code: 'unknown-key' });
  const status = await newAuditKey('status');
  expect(status).toMatchObject({ code: 1, out: expect.stringContaining('posthorn keys new-audit-key') });

  const look = await newAuditKey('new-audit-key');
  expect(look.code).toBe(1);
  expect(look.out).toContain(
    `${old.keyId} of the audit log is sealed under the master key ${masterKeyId(lostKey).toString('hex')}`,
  );
  expect(look.out).toContain(`posthorn keys new-audit-key --replace ${old.keyId}`);
  expect(await newAuditKey('new-audit-key', '--replace', 'another')).toEqual(look);
  expect((await verify(old.publicKey)).faults).toEqual([]);

  const made = await newAuditKey('new-audit-key', '--replace', old.keyId);
  const present = await signer(newKey);
  expect(made).toMatchObject({ code: 0, err: '', out: expect.stringContaining(`The key ${present.keyId} signs`) });
  expect(await newAuditKey('new-audit-key', '--replace', old.keyId)).toMatchObject({
    code: 0,
    out: expect.stringContaining('Nothing was changed.'),
  });
  expect(await newAuditKey('status')).toMatchObject({ code: 0 });

  const publicKeyOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).toString('base64');
  const { rows } = await database.pool.query<{ content: string }>(
    `SELECT content FROM audit_entry ORDER BY sequence DESC LIMIT 1`,
  );
  expect(JSON.parse(rows[0]?.content ?? '')).toMatchObject({
    action: 'keys.audit-key-replaced',
    actor: { kind: 'command-line' },
    target: { kind: 'audit-key', id: present.keyId },
    before: { key: old.keyId, publicKey: publicKeyOf(old.publicKey) },
    after: { key: present.keyId, publicKey: publicKeyOf(present.publicKey) },
  });

  // The new key has signed over all that was there, its own beginning among it.
  expect(await verify(present.publicKey)).toMatchObject({
    faults: [],
    checkpoints: 2,
    unsigned: 0,
    signers: [
      { key: old.keyId, from: 1, to: 1 },
      { key: present.keyId, from: 2, to: 2 },
    ],
  });
  expect((await verify(old.publicKey)).faults.map(({ what }) => what)).toEqual([
    'checkpoint 2 is not signed with this key, or was changed',
  ]);
});

test('a node that still has the key which was replaced writes no checkpoint with it', async () => {
  await newAuditKey('new-audit-key', '--replace', old.keyId);
  await work();
  const write = (by: typeof old) => writeCheckpoint({ database: database.pool, clock, signer: by }, { now: true });
  await expect(write(old)).rejects.toThrow('replaced');
  const parts = { database: database.pool, ids, sealer: createSealer({ masterKeys: [newKey] }) };
  const present = await openSigner(parts, old);
  expect(await openSigner(parts, present)).toBe(present);
  expect(await write(present)).toMatchObject({ number: 3, key: present.keyId });
});

test('an export holds the keys that were replaced, and verifies anywhere with the new one', async () => {
  await newAuditKey('new-audit-key', '--replace', old.keyId);
  const present = await signer(newKey);
  const lines: string[] = [];
  const ctx = { ...byOperator, database: database.pool, clock, requestId: 'r', address: '::1', ids };
  const access = { read: () => Promise.resolve() };
  const exported = await exportAudit(
    { ...ctx, actor: { kind: 'operator' }, access, signer: () => Promise.resolve(present) } as never,
    'all',
  );
  for await (const text of exported) lines.push(...text.split('\n').filter((line) => line !== ''));
  async function* each(from: readonly string[]) {
    yield* from;
  }
  for (const publicKey of [present.publicKey, null]) {
    const verdict = await verifyExport(each(lines), { publicKey, others: [] });
    expect(verdict).toMatchObject({
      faults: [],
      checkpoints: 2,
      signers: [{ key: old.keyId }, { key: present.keyId }],
    });
  }
  const withoutNewest = lines.filter((line) => !line.includes('"number":2'));
  const { faults } = await verifyExport(each(withoutNewest), { publicKey: present.publicKey, others: [] });
  expect(faults.map(({ what }) => what)).toContain(
    'checkpoint 1 is signed with a key that was replaced, and none of the newest key follows',
  );
});

test('who names a key of his own as one that was replaced signs nothing with it', async () => {
  const forger = signerOf(generateKeyPairSync('ed25519').privateKey);
  await work({ before: { publicKey: forger.publicKey.export({ type: 'spki', format: 'der' }).toString('base64') } });
  const { rows } = await database.pool.query<{ sequence: string; hash: string }>(
    `SELECT sequence, encode(hash, 'hex') AS hash FROM audit_head WHERE team_id = $1`,
    [nilTeam],
  );
  const heads = rows.map(({ sequence, hash }) => ({ team: null, sequence: Number(sequence), hash }));
  const forge = async (number: number, previous: string | null): Promise<void> => {
    const at = new Date().toISOString();
    const signed = forger.sign(checkpointOf({ scope: 'all', number, previous, at, key: forger.keyId, heads }));
    await database.pool.query(
      `INSERT INTO audit_checkpoint (team_id, number, at, entries, body, signature)
        VALUES ($1, $2, now(), 1, $3, decode($4, 'base64'))`,
      [nilTeam, number, checkpointText(signed), signed.signature],
    );
  };
  const genuine = await database.pool.query<{ body: string }>('SELECT body FROM audit_checkpoint');
  const last = JSON.parse(genuine.rows[0]?.body ?? '') as Parameters<typeof checkpointHash>[0];
  await forge(2, checkpointHash(last));
  expect((await verify(old.publicKey)).faults.map(({ what }) => what)).toEqual([
    'checkpoint 2 is signed with a key that was replaced before',
    'checkpoint 2 is signed with a key that was replaced, and none of the newest key follows',
  ]);
  await database.pool.query('ALTER TABLE audit_checkpoint DISABLE TRIGGER USER; DELETE FROM audit_checkpoint');
  await forge(1, null);
  expect((await verify(old.publicKey)).faults.map(({ what }) => what)).toEqual([
    'checkpoint 1 is signed with a key that was replaced, and none of the newest key follows',
  ]);
});
