import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createManualTimers, type ManualTimers } from '../../tests/support/manual-timers.ts';
import { createSourcesStand, secret } from '../../tests/support/sources-stand.ts';
import { until } from '../../tests/support/until.ts';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { createIdSource } from '../ids/id-source.ts';
import { createSealer } from '../sealing/sealer.ts';
import { readAllSources } from './source-snapshot.store.ts';
import { createSourceDirectory, type SourceCache, type SourceDirectory } from './source-directory.ts';
import type { SourceRow } from './read-source-config.ts';

const stand = createSourcesStand();
let api: TestApi;
let team: string;
let timers: ManualTimers;
let errors: unknown[];
/** What the directory's queries meet. */
let database: 'answers' | 'is away' | 'hangs';
let queries: number;
let onAnswer: (() => Promise<void>) | null;
let kept: SourceRow[] | null;
let writes: number;
let cacheFails: boolean;

beforeAll(async () => {
  api = await stand.open();
});
afterAll(() => stand.close());
beforeEach(async () => {
  await api.database.pool.query('DELETE FROM source');
  ({ team } = await stand.newTeam());
  timers = createManualTimers();
  [errors, database, queries, onAnswer, kept, writes, cacheFails] = [[], 'answers', 0, null, null, 0, false];
});

const cache: SourceCache = {
  read: () => (cacheFails ? Promise.reject(new Error('torn')) : Promise.resolve(kept)),
  write(rows) {
    writes += 1;
    if (cacheFails) return Promise.reject(new Error('disk full'));
    kept = JSON.parse(JSON.stringify(rows)) as SourceRow[];
    return Promise.resolve();
  },
};

function directory(sealer = api.services.sealer): SourceDirectory {
  const pool = {
    async query(...args: unknown[]) {
      queries += 1;
      if (database === 'is away') return Promise.reject(new Error('ECONNREFUSED'));
      if (database === 'hangs') return new Promise(() => undefined);
      const [sql, values] = args as [string, unknown[]];
      const answer = await api.database.pool.query(sql, values);
      await onAnswer?.();
      return answer;
    },
  } as unknown as typeof api.database.pool;
  const clock = { now: () => stand.now() };
  return createSourceDirectory({
    database: pool,
    sealer,
    clock,
    timers,
    cache,
    onError: (error) => errors.push(error),
  });
}

/** Resolves when what was begun has been read. */
const settled = (): Promise<unknown> => until('it to be read', () => timers.waiting.length === 1);

describe('what it knows', () => {
  test('every source of every team, opened, from the start', async () => {
    const one = await stand.created();
    await stand.newTeam('Other');
    const two = await stand.created({ credentials: [{ value: 'another secret' }] });
    const sources = directory();
    expect(sources.known).toBe(false);
    await sources.start();
    expect(sources.known).toBe(true);
    expect(sources.find(one.id)).toMatchObject({ id: one.id, teamId: team, credentials: [{ value: secret }] });
    expect(sources.find(two.id)?.credentials).toMatchObject([{ value: 'another secret' }]);
    expect(sources.find('src_00000000000000000000000000')).toBeNull();
    expect(errors).toEqual([]);
  });

  test('a change after its team was told of, and nothing else is read anew', async () => {
    const source = await stand.created();
    const sources = directory();
    await sources.start();
    const before = sources.find(source.id);
    await stand.changed(source.id, { status: 'paused' });
    const other = await stand.created();
    expect(sources.find(source.id)?.status).toBe('active');
    sources.teamChanged(team);
    await until('the change', () => sources.find(source.id)?.status === 'paused');
    expect(sources.find(other.id)).not.toBeNull();
    expect(before?.status).toBe('active');
    sources.teamChanged(team);
    const known = sources.find(source.id);
    await until('another look', () => queries === 3);
    await settled();
    expect(sources.find(source.id)).toBe(known);
  });

  test('that one was deleted, and that a team was', async () => {
    const one = await stand.created();
    const ofTeam = team;
    await stand.newTeam('Other');
    const two = await stand.created();
    const sources = directory();
    await sources.start();
    await api.call('DELETE', `/v1/teams/${ofTeam}/sources/${one.id}`);
    sources.teamChanged(ofTeam);
    await until('it to be gone', () => sources.find(one.id) === null);
    expect(sources.has(one.id)).toBe(false);
    expect(sources.find(two.id)).not.toBeNull();
    await api.call('DELETE', `/v1/teams/${sources.find(two.id)?.teamId}`);
    sources.mayHaveMissed();
    await until('it to be gone', () => sources.find(two.id) === null);
  });

  test('what changed unheard, a minute later', async () => {
    const sources = directory();
    await sources.start();
    const source = await stand.created();
    expect(timers.waiting).toEqual([60_000]);
    timers.advance(60_000);
    await until('the source', () => sources.find(source.id) !== null);
  });

  test('a change that comes while it reads, right after that', async () => {
    const source = await stand.created();
    const sources = directory();
    await sources.start();
    // It has been read from the database, and its answer is on the way.
    onAnswer = async () => {
      onAnswer = null;
      await stand.changed(source.id, { status: 'paused' });
      sources.teamChanged(team);
    };
    sources.teamChanged(team);
    await until('the change', () => sources.find(source.id)?.status === 'paused');
    await settled();
    expect(timers.waiting).toEqual([60_000]);
  });

  test('a source that cannot be read is there, of no use, and takes no other with it', async () => {
    const broken = await stand.created();
    const fine = await stand.created();
    await api.database.pool.query(`UPDATE source_credential SET sealed = '\\x00' WHERE source_id = $1`, [
      uuidFromId(broken.id),
    ]);
    const sources = directory();
    await sources.start();
    expect([sources.find(broken.id), sources.has(broken.id)]).toEqual([null, true]);
    expect(sources.find(fine.id)).not.toBeNull();
    expect(errors).toHaveLength(1);
    expect(String(errors[0])).not.toContain(secret);
  });

  test('one that was sealed under a master key that is not given opens nothing', async () => {
    const source = await stand.created();
    const sources = directory(createSealer({ masterKeys: [Buffer.alloc(32, 1)] }));
    await sources.start();
    expect([sources.find(source.id), sources.has(source.id), sources.known]).toEqual([null, true, true]);
  });
});

describe('without the database', () => {
  test('it goes on with what it had, and asks again, less and less often', async () => {
    const source = await stand.created();
    const sources = directory();
    await sources.start();
    database = 'is away';
    sources.teamChanged(team);
    const waits: number[] = [];
    for (let count = 1; count <= 6; count += 1) {
      await until('a failure', () => errors.length === count && timers.waiting.length === 1);
      waits.push(timers.waiting[0] ?? 0);
      timers.advance(timers.waiting[0] ?? 0);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(sources.find(source.id)).not.toBeNull();
    await until('the last failure', () => errors.length === 7);
    await stand.changed(source.id, { status: 'paused' });
    database = 'answers';
    sources.mayHaveMissed();
    await until('the change', () => sources.find(source.id)?.status === 'paused');
    await settled();
    expect(timers.waiting).toEqual([60_000]);
  });

  test('it starts with what was kept, sealed as it was, and says that it may not know of all', async () => {
    const source = await stand.created();
    await directory().start();
    expect(JSON.stringify(kept)).not.toContain(secret);
    database = 'is away';
    const sources = directory();
    await sources.start();
    expect(sources.find(source.id)?.credentials).toMatchObject([{ value: secret }]);
    expect(sources.known).toBe(false);
    expect(writes).toBe(1);
    database = 'answers';
    const other = await stand.created();
    timers.advance(timers.waiting[0] ?? 0);
    await until('the database to be asked', () => sources.find(other.id) !== null);
    expect(sources.known).toBe(true);
  });

  test('one that takes a connection and does not answer is not waited for', async () => {
    const source = await stand.created();
    kept = await readAllSources(api.database.pool);
    database = 'hangs';
    const sources = directory();
    const started = sources.start();
    await until('its patience', () => timers.waiting.includes(3_000));
    timers.advance(3_000);
    await started;
    expect(sources.find(source.id)).not.toBeNull();
    expect(sources.known).toBe(false);
  });

  test('and without anything kept, or with a file that is torn, nothing is known, and nothing is denied', async () => {
    database = 'is away';
    for (const torn of [false, true]) {
      cacheFails = torn;
      const sources = directory();
      await sources.start();
      expect(sources.known).toBe(false);
      expect(sources.find('src_00000000000000000000000000')).toBeNull();
    }
    expect(errors).toHaveLength(3);
  });

  test('a stop waits for nothing and asks nothing any more', async () => {
    database = 'is away';
    const sources = directory();
    await sources.start();
    await sources.stop();
    expect(timers.waiting).toEqual([]);
    sources.mayHaveMissed();
    await sources.stop();
    expect(timers.waiting).toEqual([]);
  });
});

describe('what is kept for a start without the database', () => {
  test('follows every change, and is written only when there is one', async () => {
    const source = await stand.created();
    const sources = directory();
    await sources.start();
    expect(kept?.map(({ id }) => id)).toEqual([source.id]);
    sources.mayHaveMissed();
    await until('another look', () => queries === 2);
    await settled();
    expect(writes).toBe(1);
    await stand.changed(source.id, { credentials: [{ name: 'new', value: 'a new secret' }] });
    sources.teamChanged(team);
    await until('it to be kept', () => kept?.[0]?.credentials[0]?.name === 'new');
    await api.call('DELETE', `/v1/teams/${team}/sources/${source.id}`);
    sources.teamChanged(team);
    await until('it to be forgotten', () => kept?.length === 0);
    expect(writes).toBe(3);
  });

  test('is written again when that failed, although nothing has changed since', async () => {
    const source = await stand.created();
    cacheFails = true;
    const sources = directory();
    await sources.start();
    expect(errors.map(String)).toEqual(['Error: disk full']);
    expect(kept).toBeNull();
    cacheFails = false;
    timers.advance(60_000);
    await until('it to be kept', () => kept?.[0]?.id === source.id);
  });

  test('is written although one of several teams could not be read', async () => {
    const sources = directory();
    await sources.start();
    const source = await stand.created();
    const other = createIdSource({ now: Date.now }).next('team');
    sources.teamChanged(team);
    sources.teamChanged('not a team that could be read');
    sources.teamChanged(other);
    await until('it to be kept', () => kept?.[0]?.id === source.id);
    expect(sources.find(source.id)).not.toBeNull();
  });
});

describe('a source that has just been made', () => {
  test('is looked for before it is denied, a bounded number of times', async () => {
    const sources = directory();
    await sources.start();
    const source = await stand.created();
    expect(sources.find(source.id)).toBeNull();
    await sources.awaitNew(source.id);
    expect(sources.find(source.id)).not.toBeNull();
    expect(sources.awaitNew(source.id)).toBeNull();
    const made = createIdSource({ now: () => stand.now() });
    let looks = 0;
    for (let asked = 0; asked < 50; asked += 1) {
      const look = sources.awaitNew(made.next('src'));
      if (look !== null) looks += 1;
      await look;
    }
    expect(looks).toBe(19);
    stand.passTime(1_001);
    const after = sources.awaitNew(made.next('src'));
    expect(after).not.toBeNull();
    await after;
  });

  test('is found by all who ask for it at the same time, with one look', async () => {
    const sources = directory();
    await sources.start();
    const source = await stand.created();
    const before = queries;
    const asked = Array.from({ length: 100 }, () => sources.awaitNew(source.id));
    expect(asked.every((look) => look !== null)).toBe(true);
    await Promise.all(asked.map((look) => look ?? Promise.resolve()));
    expect(sources.find(source.id)).not.toBeNull();
    expect(queries - before).toBe(1);
  });

  test('is found although what was being read when somebody asked is older', async () => {
    const sources = directory();
    await sources.start();
    const answered = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    onAnswer = () => {
      onAnswer = null;
      answered.resolve();
      return goOn.promise;
    };
    sources.teamChanged(team);
    await answered.promise;
    const source = await stand.created();
    const look = sources.awaitNew(source.id);
    goOn.resolve();
    await look;
    expect(sources.find(source.id)).not.toBeNull();
  });

  test('is not waited for when its id is old, from the future, or none', async () => {
    const sources = directory();
    expect(sources.awaitNew(createIdSource({ now: () => stand.now() }).next('src'))).toBeNull();
    await sources.start();
    for (const offMs of [-60_000, 60_000]) {
      const id = createIdSource({ now: () => stand.now() + offMs }).next('src');
      expect(sources.awaitNew(id)).toBeNull();
    }
    for (const id of ['', 'src_x', createIdSource({ now: () => stand.now() }).next('team')]) {
      expect(sources.awaitNew(id)).toBeNull();
    }
  });
});
