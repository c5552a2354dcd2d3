import { createHmac } from 'node:crypto';
import { expect, describe, test } from 'vitest';
import {
  aHead,
  aSource,
  documensoBody,
  receiverStand,
  type ReceiverStand,
  secret,
} from '../../tests/receiving/receiver-stand.ts';
import { BlobStoreError } from '../blobs/blob-store.ts';
import { Problem } from '../problem.ts';
import type { SourceConfig } from '../sources/source-config.ts';

async function standWith(...sources: SourceConfig[]): Promise<ReceiverStand> {
  const stand = await receiverStand();
  for (const source of sources) stand.sources.set(source.id, source);
  return stand;
}

describe('what is known of a source', () => {
  test('one that never was, one that was deleted and one of a deleted team answer alike', async () => {
    const [deleted, ofDeletedTeam] = [aSource(), aSource()];
    const at = await standWith(ofDeletedTeam);
    at.database.deletedTeams.add(ofDeletedTeam.teamId);
    const problems: unknown[] = [];
    for (const source of [aSource(), deleted, ofDeletedTeam]) {
      try {
        const admitted = at.receiver.admit(source.id, aHead(0));
        const headers = new Map([['x-documenso-secret', [secret]]]);
        const body = Buffer.from(documensoBody('e'));
        await at.receiver.receive(admitted, { method: 'POST', headers, query: new URLSearchParams(), body }, aHead(0));
      } catch (error) {
        problems.push(error instanceof Problem ? { code: error.code, detail: error.message } : error);
      }
    }
    expect(problems).toEqual(Array(3).fill({ code: 'not_found', detail: 'There is nothing at this path.' }));
  });

  test('before the database has said which there are, nobody is told that there is none', async () => {
    const cached = aSource();
    const at = await standWith(cached);
    at.isKnown = false;
    expect(await at.post(aSource(), documensoBody('e'))).toBe('database_unavailable');
    expect(await at.post(cached, documensoBody('e'))).toBe('200');
  });

  test('one that cannot be read asks to come again', async () => {
    const source = aSource();
    const at = await standWith();
    at.unreadable.add(source.id);
    expect(() => at.receiver.admit(source.id, aHead(0))).toThrow(
      expect.objectContaining({ code: 'source_paused', retryAfterSeconds: 60 }) as Error,
    );
  });

  test('what became of it while the body arrived counts', async () => {
    const source = aSource();
    const at = await standWith(source);
    const during = async (change: () => void): Promise<string> => {
      at.sources.set(source.id, source);
      const admitted = at.receiver.admit(source.id, aHead(0));
      change();
      const body = Buffer.from(documensoBody('e'));
      const headers = new Map([['x-documenso-secret', [secret]]]);
      return at.receiver
        .receive(admitted, { method: 'POST', headers, query: new URLSearchParams(), body }, aHead(0))
        .then(
          () => 'taken',
          (error: unknown) => (error as Problem).code,
        );
    };
    const other = [{ name: '2', kind: 'secret', value: 'another secret', expiresAtMs: null }];
    expect(await during(() => at.sources.delete(source.id))).toBe('not_found');
    expect(await during(() => at.sources.set(source.id, { ...source, status: 'paused' }))).toBe('source_paused');
    expect(await during(() => at.sources.set(source.id, { ...source, credentials: other }))).toBe('invalid_signature');
    expect(await during(() => undefined)).toBe('taken');
  });
});

describe('duplicates', () => {
  test('are answered like the first, counted, and after the first one without the accept path', async () => {
    const source = aSource();
    const at = await standWith(source);
    for (let count = 0; count < 5; count += 1) expect(await at.post(source, documensoBody('e'))).toBe('200');
    expect(at.database.batches).toEqual([1]);
    expect(at.seenAgain).toEqual(Array(4).fill(at.database.events[0]?.id));
    expect(at.activity.map(({ what }) => what)).toEqual(['received', ...Array(4).fill('duplicate')]);
  });

  test('that come at once are told apart by the accept path', async () => {
    const source = aSource();
    const at = await standWith(source);
    await Promise.all(Array.from({ length: 20 }, () => at.post(source, documensoBody('e'))));
    expect(at.database.events).toHaveLength(1);
    expect(at.seenAgain).toHaveLength(19);
  });

  test('after the window a notification is new: memory does not outlive it', async () => {
    const source = aSource('documenso', { dedupeWindowSeconds: 60 });
    const at = await standWith(source);
    await at.post(source, documensoBody('e'));
    at.nowMs += 59_000;
    await at.post(source, documensoBody('e'));
    expect(at.database.batches).toEqual([1]);
    at.nowMs += 2_000;
    await at.post(source, documensoBody('e'));
    expect(at.database.batches).toEqual([1, 1]);
  });

  test('of another source are none', async () => {
    const [one, two] = [aSource(), aSource()];
    const at = await standWith(one, two);
    await at.post(one, documensoBody('e'));
    await at.post(two, documensoBody('e'));
    expect(at.database.events).toHaveLength(2);
    expect(at.seenAgain).toEqual([]);
  });

  test('of what was not stored are none', async () => {
    const source = aSource();
    const at = await standWith(source);
    at.database.mode = 'overloaded';
    expect(await at.post(source, documensoBody('e'))).toBe('overloaded');
    at.database.mode = 'up';
    expect(await at.post(source, documensoBody('e'))).toBe('200');
    expect(at.database.events).toHaveLength(1);
    expect(at.activity.map(({ what }) => what)).toEqual(['received']);
  });
});

describe('large bodies', () => {
  const large = (padding = 'x'.repeat(300_000)) => documensoBody('e', 'DOCUMENT_COMPLETED', padding);

  test('go to the blob store, and their payload to the filters', async () => {
    const source = aSource();
    const at = await standWith(source);
    const body = large();
    expect(await at.post(source, body)).toBe('200');
    const { draft } = at.database.events[0] as (typeof at.database.events)[0];
    expect(draft).toMatchObject({ blob: { sizeBytes: Buffer.byteLength(body) }, payload: JSON.parse(body) as object });
    expect(draft.body).toHaveLength(0);
    expect((await at.blobs.get(draft.blob?.key ?? ''))?.toString()).toBe(body);
    expect(draft.blob?.key).toContain(source.teamId);
  });

  test('of 256 kB stay in the row', async () => {
    const source = aSource('generic', {
      profile: { ...aSource('goroute').profile, verify: () => ({ verified: true, credential: '1' }) },
    });
    const at = await standWith(source);
    await at.post(source, Buffer.alloc(262_144, 'a'));
    await at.post(source, Buffer.alloc(262_145, 'b'));
    expect(at.database.events.map(({ draft }) => [draft.body.length, draft.blob?.sizeBytes])).toEqual([
      [262_144, undefined],
      [0, 262_145],
    ]);
  });

  test('that come again take no more room, also when they come at once', async () => {
    const source = aSource();
    const at = await standWith();
    const body = large();
    const keys = new Set<string>();
    const blobs: typeof at.blobs = {
      ...at.blobs,
      put(key, bytes) {
        keys.add(key);
        return at.blobs.put(key, bytes);
      },
    };
    const [one, afterRestart] = [await receiverStand({ blobs }), await receiverStand({ blobs })];
    for (const each of [one, afterRestart]) {
      each.sources.set(source.id, source);
      await Promise.all(Array.from({ length: 5 }, () => each.post(source, body)));
    }
    expect(one.database.events).toHaveLength(1);
    expect([...keys]).toEqual([one.database.events[0]?.draft.blob?.key]);
  });

  test.each([
    [true, /no room/],
    [false, /out of reach/],
  ])('are refused for now while they cannot be kept (full: %s), and nothing is stored', async (full, detail) => {
    const source = aSource();
    const at = await standWith(source);
    at.blobs.put = () => Promise.reject(new BlobStoreError('it cannot', { full }));
    const request = {
      method: 'POST' as const,
      headers: new Map([['x-documenso-secret', [secret]]]),
      query: new URLSearchParams(),
      body: Buffer.from(large()),
    };
    const refused = at.receiver.receive(source, request, aHead(null));
    await expect(refused).rejects.toMatchObject({
      code: 'overloaded',
      retryAfterSeconds: 10,
      message: expect.stringMatching(detail) as string,
    });
    expect(at.database.events).toEqual([]);
    expect(at.errors).toHaveLength(1);
    expect(await at.post(source, documensoBody('small'))).toBe('200');
  });
});

describe('credentials', () => {
  const both = (hmacExpiresAtMs: number | null) =>
    aSource('docusign', {
      credentials: [
        { name: 'key', kind: 'hmac', value: secret, expiresAtMs: hmacExpiresAtMs },
        { name: 'login', kind: 'basic', value: 'user:password', expiresAtMs: null },
      ],
    });
  const headers = (body: string) => ({
    'x-docusign-signature-1': createHmac('sha256', secret).update(body).digest('base64'),
    authorization: `Basic ${Buffer.from('user:password').toString('base64')}`,
  });

  test('that have expired verify nothing, from that very moment', async () => {
    const at = await standWith();
    const source = aSource('documenso', {
      credentials: [
        { name: 'old', kind: 'secret', value: 'the old secret', expiresAtMs: at.nowMs + 1_000 },
        { name: 'new', kind: 'secret', value: secret, expiresAtMs: null },
      ],
    });
    at.sources.set(source.id, source);
    const withOld = { 'x-documenso-secret': 'the old secret' };
    expect(await at.post(source, documensoBody('a'), {}, withOld)).toBe('200');
    expect(await at.post(source, documensoBody('b'))).toBe('200');
    expect(at.database.events.map(({ draft }) => draft.origin?.credential)).toEqual(['old', 'new']);
    at.nowMs += 1_000;
    expect(await at.post(source, documensoBody('c'), {}, withOld)).toBe('invalid_signature');
    expect(await at.post(source, documensoBody('d'))).toBe('200');
    expect(at.rejections).toMatchObject([{ reason: 'signature_mismatch' }]);
  });

  test('of the stronger kind that have all expired leave no way by the weaker one', async () => {
    const at = await standWith();
    const source = both(at.nowMs + 1_000);
    at.sources.set(source.id, source);
    const body = '{"event":"envelope-sent"}';
    expect(await at.post(source, body, {}, headers(body))).toBe('200');
    at.nowMs += 1_000;
    expect(await at.post(source, body, {}, headers(body))).toBe('invalid_signature');
    expect(at.rejections).toMatchObject([
      { reason: 'credentials_expired', detail: expect.stringMatching(/"hmac"/) as string },
    ]);
  });

  test('that are missing altogether let nothing in', async () => {
    const source = aSource('documenso', { credentials: [] });
    const at = await standWith(source);
    expect(await at.post(source, documensoBody('a'))).toBe('invalid_signature');
    expect(at.rejections).toMatchObject([{ reason: 'credentials_expired' }]);
  });
});

describe('what is asked and not told', () => {
  test("a provider's question is answered and makes no event", async () => {
    const source = aSource('adobe-sign');
    const at = await standWith(source);
    const clientId = { 'x-adobesign-clientid': secret };
    expect(await at.post(source, '', { method: 'GET' }, clientId)).toBe(`200 {"xAdobeSignClientId":"${secret}"}`);
    expect(await at.post(source, '', { method: 'GET' }, { 'x-adobesign-clientid': 'a guess' })).toBe(
      'invalid_signature',
    );
    expect(at.database.events).toEqual([]);
    expect(at.activity).toMatchObject([{ what: 'rejected', reason: 'signature_mismatch' }]);
  });

  test('methods that a source takes are told as they are', async () => {
    const [documenso, adobe] = [aSource(), aSource('adobe-sign')];
    const at = await standWith(documenso, adobe);
    expect(at.receiver.methodsOf(documenso.id)).toBe('POST');
    expect(at.receiver.methodsOf(adobe.id)).toBe('GET, POST');
  });
});
