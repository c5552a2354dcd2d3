import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insertSealedRows, type SealedRows } from '../../tests/support/sealed-rows.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { openFields } from '../connections/sealed-credential.ts';
import { openClientTls, openHeaders, openSecret, sealSecret } from '../endpoints/sealed-fields.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { openCredential } from '../sources/sealed-credential.ts';
import { countSealed, rewrapSecrets, type SealedInventory } from './rewrap-secrets.ts';
import { masterKeyId } from './sealed-blob.rules.ts';
import { sealedColumns } from './sealed-columns.ts';
import { createSealer, type Sealer } from './sealer.ts';

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const [oldId, newId] = [oldKey, newKey].map((key) => masterKeyId(key).toString('hex')) as [string, string];
const withOld = createSealer({ masterKeys: [oldKey] });
const withNew = createSealer({ masterKeys: [newKey] });
let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const quietly = { onProgress: () => undefined };

function rewrap(masterKeys: readonly Buffer[], input: Parameters<typeof rewrapSecrets>[1] = quietly) {
  return rewrapSecrets({ database: database.pool, masterKeys }, input);
}

/** How many values of each column of teams are under a key. */
function under({ columns }: SealedInventory, keyId: string | null): number[] {
  return columns
    .filter(({ title }) => title !== 'signing keys of the audit log' && !/promoted|removed/.test(title))
    .map(({ keys }) => keys.find((each) => each.keyId === keyId)?.count ?? 0);
}

async function sealedOf(table: string, column: string, id: string): Promise<Buffer> {
  const text = `SELECT ${column} AS sealed FROM ${table} WHERE id = $1`;
  const { rows } = await database.pool.query<{ sealed: Buffer }>(text, [uuidFromId(id)]);
  return rows[0]?.sealed ?? Buffer.alloc(0);
}

/** Every value of some rows, opened as the capabilities open them. */
async function opened(sealer: Sealer, { team, endpoint, ...ids }: SealedRows): Promise<unknown[]> {
  return [
    openSecret(sealer, team, ids.secret, await sealedOf('endpoint_secret', 'sealed', ids.secret)),
    openHeaders(sealer, team, endpoint, await sealedOf('endpoint', 'headers_sealed', endpoint)),
    openClientTls(sealer, team, endpoint, await sealedOf('endpoint', 'client_tls_sealed', endpoint)),
    openCredential(
      sealer,
      team,
      ids.sourceCredential,
      await sealedOf('source_credential', 'sealed', ids.sourceCredential),
    ),
    openFields(
      sealer,
      team,
      ids.connectionCredential,
      await sealedOf('connection_credential', 'sealed', ids.connectionCredential),
    ),
  ];
}

const valuesOf = (value: string): unknown[] => [
  value,
  ['x-key', value],
  { certPem: value, keyPem: value },
  value,
  { token: { value } },
];

it('every sealed column of the database is one that is known, and the other way round', async () => {
  const { rows } = await database.pool.query<{ name: string; type: string }>(
    `SELECT c.relname || '.' || a.attname AS name, a.atttypid::regtype::text AS type
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      WHERE a.attname ~ 'sealed' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT a.attisdropped
        AND c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const known = sealedColumns.map(({ table, column }) => ({ name: `${table}.${column}`, type: 'bytea' }));
  expect(rows).toEqual(known.toSorted((one, other) => (one.name < other.name ? -1 : 1)));
});

it('the key of every sealed column is the primary key of its table', async () => {
  for (const { table, key } of sealedColumns) {
    const { rows } = await database.pool.query<{ name: string }>(
      `SELECT a.attname AS name FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(num, position)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
        WHERE i.indrelid = $1::regclass AND i.indisprimary ORDER BY k.position`,
      [table],
    );
    expect([table, ...rows.map(({ name }) => name)]).toEqual([table, 'team_id', ...key]);
  }
});

describe('rewrapping', () => {
  it('moves every kind of value to the first key; they open as before, without the old one', async () => {
    const rows = await insertSealedRows(database.pool, withOld, 'värdet');
    const result = await rewrap([newKey, oldKey]);
    expect(under(result.before, oldId)).toEqual([1, 1, 1, 1, 1]);
    expect(under(result.after, newId)).toEqual([1, 1, 1, 1, 1]);
    expect(under(result.after, oldId)).toEqual([0, 0, 0, 0, 0]);
    expect(result).toMatchObject({ moved: 5, damaged: [], after: { sealing: newId, opening: [oldId] } });
    expect(await opened(withNew, rows)).toEqual(valuesOf('värdet'));
  });

  it('moves what a promotion keeps for its way back, which opens as a credential of its connection', async () => {
    const { team, connectionCredential } = await insertSealedRows(database.pool, withOld, 'former');
    await database.pool.query(
      `INSERT INTO promotion_credential (team_id, promotion_id, id, part, name, kind, sealed)
         SELECT team_id, gen_random_uuid(), id, 'former', name, kind, sealed FROM connection_credential WHERE id = $1`,
      [uuidFromId(connectionCredential)],
    );
    expect(await rewrap([newKey, oldKey])).toMatchObject({ moved: 6, damaged: [] });
    const kept = await sealedOf('promotion_credential', 'sealed', connectionCredential);
    expect(openFields(withNew, team, connectionCredential, kept)).toEqual({ token: { value: 'former' } });
  });

  it('moves what is kept for a last read, which opens as a credential of its connection', async () => {
    const { team, connectionCredential } = await insertSealedRows(database.pool, withOld, 'removed');
    await database.pool.query(
      `INSERT INTO closing_probe (team_id, connection_id, id, name, kind, environment, options, sealed, replaced_at, due_at)
         SELECT team_id, connection_id, id, name, kind, 'production', '{}', sealed, now(), now()
           FROM connection_credential WHERE id = $1`,
      [uuidFromId(connectionCredential)],
    );
    expect(await rewrap([newKey, oldKey])).toMatchObject({ moved: 6, damaged: [] });
    const kept = await sealedOf('closing_probe', 'sealed', connectionCredential);
    expect(openFields(withNew, team, connectionCredential, kept)).toEqual({ token: { value: 'removed' } });
  });

  it('leaves alone what is under the first key already, and what is empty', async () => {
    const rows = await insertSealedRows(database.pool, withNew, 'new');
    await database.pool.query('UPDATE endpoint SET client_tls_sealed = NULL');
    const before = await sealedOf('endpoint_secret', 'sealed', rows.secret);
    expect(await rewrap([newKey, oldKey])).toMatchObject({ moved: 0 });
    expect(await sealedOf('endpoint_secret', 'sealed', rows.secret)).toEqual(before);
  });

  it('goes through many pages, tells how far it is, and does each value once', async () => {
    const { team } = await insertSealedRows(database.pool, withOld, 'one');
    const context = { teamId: team, rowId: 'sec', purpose: 'endpoint-secret' };
    // Of no row in particular: only the count matters.
    await database.pool.query(
      `INSERT INTO endpoint_secret (team_id, endpoint_id, id, sealed)
         SELECT $1, gen_random_uuid(), gen_random_uuid(), $2 FROM generate_series(1, 450)`,
      [uuidFromId(team), withOld.seal('x', context)],
    );
    const progress: [number, number][] = [];
    const result = await rewrap([newKey, oldKey], { onProgress: (done, found) => progress.push([done, found]) });
    expect(result).toMatchObject({ moved: 5 });
    expect(result.damaged).toHaveLength(450);
    expect(progress.slice(0, 455)).toEqual(Array.from({ length: 455 }, (_, index) => [index + 1, 455]));
    expect(progress.at(-1)).toEqual([455, 455]);
  });

  it('says which rows do not open, moves the others, and leaves what it cannot read as it is', async () => {
    const one = await insertSealedRows(database.pool, withOld, 'one');
    const two = await insertSealedRows(database.pool, withOld, 'two');
    // The value of another row, as somebody might have copied it.
    const moved = await sealedOf('endpoint_secret', 'sealed', two.secret);
    await database.pool.query('UPDATE endpoint_secret SET sealed = $1 WHERE id = $2', [moved, uuidFromId(one.secret)]);
    const result = await rewrap([newKey, oldKey]);
    expect(result).toMatchObject({ moved: 9, damaged: [{ table: 'endpoint_secret', id: one.secret }] });
    expect(under(result.after, oldId)).toEqual([1, 0, 0, 0, 0]);
    expect(await sealedOf('endpoint_secret', 'sealed', one.secret)).toEqual(moved);
  });

  it('counts what is under a key that was not given, or under none, and does not touch it', async () => {
    const lost = randomBytes(32);
    await insertSealedRows(database.pool, createSealer({ masterKeys: [lost] }), 'lost');
    const rows = await insertSealedRows(database.pool, withOld, 'kept');
    await database.pool.query(`UPDATE source_credential SET sealed = 'not sealed at all' WHERE id = $1`, [
      uuidFromId(rows.sourceCredential),
    ]);
    const result = await rewrap([newKey, oldKey]);
    expect(result.moved).toBe(4);
    expect(under(result.after, masterKeyId(lost).toString('hex'))).toEqual([1, 1, 1, 1, 1]);
    expect(under(result.after, null)).toEqual([0, 0, 0, 1, 0]);
  });

  it('does not undo what is changed meanwhile, and finds what is sealed under the old key meanwhile', async () => {
    const rows = await insertSealedRows(database.pool, withOld, 'before');
    const late: SealedRows[] = [];
    const rotated = sealSecret(withNew, rows.team, rows.secret, 'rotated');
    let isFirst = true;
    const result = await rewrapSecrets(
      {
        masterKeys: [newKey, oldKey],
        // Between the page being read and its first row being replaced, somebody rotates that secret.
        database: new Proxy(database.pool, {
          get: (pool, name) =>
            name !== 'query'
              ? (Reflect.get(pool, name) as unknown)
              : async (text: string, values: unknown[]) => {
                  if (isFirst && text.startsWith('UPDATE endpoint_secret')) {
                    isFirst = false;
                    await pool.query('UPDATE endpoint_secret SET sealed = $1 WHERE id = $2', [
                      rotated,
                      uuidFromId(rows.secret),
                    ]);
                    late.push(await insertSealedRows(pool, withOld, 'late'));
                  }
                  return pool.query(text, values);
                },
        }),
      },
      quietly,
    );
    expect(await opened(withNew, rows)).toEqual(['rotated', ...valuesOf('before').slice(1)]);
    const [inserted] = late;
    if (inserted === undefined) throw new Error('nothing was inserted meanwhile');
    expect(await opened(withNew, inserted)).toEqual(valuesOf('late'));
    expect(under(result.after, oldId)).toEqual([0, 0, 0, 0, 0]);
    expect(result.moved).toBe(9);
  });

  it('may be run by two at the same time: each value is moved once', async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, index) => insertSealedRows(database.pool, withOld, `${index}`)),
    );
    const results = await Promise.all([rewrap([newKey, oldKey]), rewrap([newKey, oldKey])]);
    expect(results.reduce((sum, { moved }) => sum + moved, 0)).toBe(40);
    for (const [index, rows] of all.entries()) expect(await opened(withNew, rows)).toEqual(valuesOf(`${index}`));
  });

  it('tells the nodes: every changed row raises the version of its team', async () => {
    const { team } = await insertSealedRows(database.pool, withOld, 'one');
    const version = async (): Promise<number> => {
      const { rows } = await database.pool.query<{ v: number }>(
        'SELECT config_version::int AS v FROM team WHERE id = $1',
        [uuidFromId(team)],
      );
      return rows[0]?.v ?? Number.NaN;
    };
    const before = await version();
    await rewrap([newKey, oldKey]);
    expect(await version()).toBe(before + 5);
  });
});

it('counting changes nothing and needs no key but the first', async () => {
  await insertSealedRows(database.pool, withOld, 'one');
  const inventory = await countSealed({ database: database.pool, masterKeys: [newKey] });
  expect(inventory).toMatchObject({ sealing: newId, opening: [] });
  expect(under(inventory, oldId)).toEqual([1, 1, 1, 1, 1]);
});
