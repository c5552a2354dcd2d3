import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from '../../tests/support/test-database.ts';
import { openSigner } from '../audit/checkpoint-signer.ts';
import { createIdSource } from '../ids/id-source.ts';
import { idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import { probeMasterKeys } from './probe-master-keys.ts';
import { createSealer } from './sealer.ts';

const [lostKey, key] = [randomBytes(32), randomBytes(32)];

test('of the keys that sign the audit log the newest counts alone: a lost master key leaves older ones behind', async () => {
  const { pool, drop } = await createTestDatabase();
  onTestFinished(drop);
  const ids = createIdSource({ now: () => Date.now() });
  const foreignUnder = async (masterKey: Buffer): Promise<[number, number][]> => {
    const probes = await probeMasterKeys({ database: pool, masterKeys: [masterKey] });
    const found = probes.filter(({ title }) => title === 'signing keys of the audit log');
    return found.map(({ looked, foreign }) => [looked, foreign]);
  };

  await openSigner({ database: pool, ids, sealer: createSealer({ masterKeys: [lostKey] }) });
  expect(await foreignUnder(lostKey)).toEqual([[1, 0]]);
  expect(await foreignUnder(key), 'a node with another key cannot sign').toEqual([[1, 1]]);

  const sealed = createSealer({ masterKeys: [key] }).seal('another', { teamId: 'any', rowId: 'any', purpose: 'any' });
  await pool.query(
    `INSERT INTO audit_key (team_id, id, public_key, sealed) SELECT team_id, $1, public_key, $2 FROM audit_key`,
    [uuidFromId(ids.next(idPrefixes.secret)), sealed],
  );
  expect(await foreignUnder(key)).toEqual([[1, 0]]);
  expect(await foreignUnder(lostKey)).toEqual([[1, 1]]);
});
