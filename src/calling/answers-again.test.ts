import { describe, expect, test } from 'vitest';
import { provider, stand } from '../../tests/support/calling-scene.ts';
import type { CallingStand } from '../../tests/support/calling-stand.ts';
import { until } from '../../tests/support/until.ts';
import { documensoApi } from '../providers/documenso/api.rules.ts';
import { docusignApi } from '../providers/docusign/api.rules.ts';

describe('polling', () => {
  const envelope = '/v2.1/accounts/a/envelopes/11111111-2222-3333-4444-555555555555';
  const connectTo = (calling: CallingStand, url: string, mode: 'off' | 'observe' | 'serve' | 'refuse', change = {}) =>
    calling.connect(`${url}/restapi`, { profile: docusignApi, policy: { polling: { mode } }, ...change });
  const status = () =>
    provider((_request, response, number) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ status: 'sent', number })),
    );

  test('is let out and put on record in observe, with the call that it repeats', async () => {
    const api = await status();
    const calling = await stand();
    const connection = connectTo(calling, api.url, 'observe');
    const first = await calling.call(connection, envelope);
    const second = await calling.call(connection, envelope);
    expect(first.headers).not.toHaveProperty('posthorn-polling');
    expect(second.headers['posthorn-polling']).toMatch(/^violation; repeats=call_\w+; age=\d+; pattern=repeat$/);
    expect(calling.ledger.ended).toMatchObject([
      { polling: null, repeats: null },
      { polling: 'violation', repeats: { callId: first.headers['posthorn-call-id'], pattern: 'repeat' } },
    ]);
    expect(api.received).toHaveLength(2);
  });

  test('of two at the same time the second is one as well', async () => {
    const api = await status();
    const calling = await stand();
    const connection = connectTo(calling, api.url, 'observe');
    await Promise.all([calling.call(connection, envelope), calling.call(connection, envelope)]);
    const judged = calling.ledger.ended.map(({ polling }) => polling ?? 'none').toSorted((a, b) => a.localeCompare(b));
    expect(judged).toEqual(['none', 'violation']);
  });

  test('is answered with the earlier answer in serve', async () => {
    const api = await status();
    const calling = await stand();
    const connection = connectTo(calling, api.url, 'serve');
    const first = await calling.call(connection, envelope);
    const second = await calling.call(connection, envelope);
    expect(second).toMatchObject({ status: 200, text: first.text });
    expect(second.headers['posthorn-cache']).toMatch(/^served; age=\d+$/);
    expect(calling.ledger.ended[1]).toMatchObject({ cache: 'served', polling: 'served', status: null, answered: 200 });
    expect(calling.ledger.started[1]?.counted).toBe(false);
    expect(api.received).toHaveLength(1);
  });

  test('is refused in refuse, with the time to wait and the remedy', async () => {
    const api = await status();
    const calling = await stand();
    const connection = connectTo(calling, api.url, 'refuse');
    await calling.call(connection, envelope);
    const second = await calling.call(connection, envelope);
    expect(second).toMatchObject({ status: 429, json: { code: 'polling_refused' } });
    expect(second.json['detail']).toMatch(/Wait for a webhook of DocuSign/);
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(890);
    expect(api.received).toHaveLength(1);
    // Another resource of the same envelope is none.
    expect((await calling.call(connection, `${envelope}/recipients`)).status).toBe(200);
  });

  test('is none after a webhook about the subject, nor after a call that failed', async () => {
    let toldAtMs: number | null = null;
    const asked: unknown[] = [];
    const api = await provider((_request, response, number) => response.writeHead(number === 0 ? 404 : 200).end());
    const calling = await stand({
      ports: {
        lastEventAt: (...question) => {
          asked.push(question);
          return Promise.resolve(toldAtMs);
        },
      },
    });
    const connection = connectTo(calling, api.url, 'refuse', { sourceIds: ['src_1'] });
    expect((await calling.call(connection, envelope)).status).toBe(404);
    expect((await calling.call(connection, envelope)).status).toBe(200);
    expect((await calling.call(connection, envelope)).status).toBe(429);
    toldAtMs = Date.now() + 1;
    expect((await calling.call(connection, envelope)).status).toBe(200);
    expect(asked[0]).toEqual([calling.teamId, ['src_1'], expect.stringContaining('11111111'), expect.any(Number)]);
  });

  test('is recognised across a restart, from the ledger', async () => {
    const api = await status();
    const resource = docusignApi.polling?.resourceOf({
      method: 'GET',
      path: `/restapi${envelope}`,
      query: new URLSearchParams(),
    });
    const calling = await stand({
      ports: {
        recentCalls: () =>
          Promise.resolve([
            { callId: 'call_before', resource: String(resource), subject: null, atMs: Date.now() - 60_000 },
          ]),
      },
    });
    const answer = await calling.call(connectTo(calling, api.url, 'refuse'), envelope);
    expect(answer.json['detail']).toContain('call_before');
    expect(api.received).toEqual([]);
  });

  test('is nobody’s business when it is off', async () => {
    const api = await status();
    const calling = await stand();
    const connection = connectTo(calling, api.url, 'off');
    await calling.call(connection, envelope);
    await calling.call(connection, envelope);
    expect(calling.ledger.ended.map(({ polling }) => polling)).toEqual([null, null]);
  });
});

describe('answers that never change again', () => {
  const envelope = '/v2.1/accounts/a/envelopes/11111111-2222-3333-4444-555555555555';
  const document = `${envelope}/documents/1`;
  const account = () =>
    provider(({ url }, response) => {
      if (url.includes('/documents/')) response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF-1.7');
      else response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"completed"}');
    });
  const policy = { polling: { mode: 'off' as const } };

  test('are kept once their subject is known to be completed, by an earlier answer', async () => {
    const api = await account();
    const calling = await stand();
    const connection = calling.connect(`${api.url}/restapi`, { profile: docusignApi, policy });
    const states = [];
    for (const path of [document, document, envelope, document, document]) {
      states.push((await calling.call(connection, path)).headers['posthorn-cache']);
    }
    expect(states).toEqual(['miss', 'miss', 'bypass', 'miss', 'hit; age=0']);
    expect(api.received).toHaveLength(4);
    const hit = await calling.call(connection, document);
    expect(hit).toMatchObject({ status: 200, text: '%PDF-1.7', headers: { 'content-type': 'application/pdf' } });
    expect(calling.ledger.ended.at(-1)).toMatchObject({ cache: 'hit', status: null, answered: 200, error: null });
    expect(calling.ledger.started.at(-1)?.counted).toBe(false);
  });

  test('are kept of items that Documenso names without their envelope, once the envelope has told of them', async () => {
    let status = 'PENDING';
    const api = await provider(({ url }, response) => {
      if (url.includes('/download')) response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF-1.7');
      else {
        const envelopeItems = [{ id: 'envelope_item_1', title: 'Lease' }];
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ status, envelopeItems }));
      }
    });
    const calling = await stand();
    const connection = calling.connect(api.url, { profile: documensoApi });
    const item = '/api/v2/envelope/item/envelope_item_1/download?version=signed';
    const other = '/api/v2/envelope/item/envelope_item_2/download?version=signed';
    const cached = async (path: string) => (await calling.call(connection, path)).headers['posthorn-cache'];
    await calling.call(connection, '/api/v2/envelope/envelope_1');
    expect([await cached(item), await cached(item)]).toEqual(['miss', 'miss']);
    status = 'COMPLETED';
    await calling.call(connection, '/api/v2/envelope/envelope_1');
    expect([await cached(item), await cached(item)]).toEqual(['miss', 'hit; age=0']);
    expect([await cached(other), await cached(other)]).toEqual(['miss', 'miss']);
  });

  test('are kept once a webhook told so, and forgotten with the credentials', async () => {
    const api = await account();
    const calling = await stand({ ports: { isCompleted: () => Promise.resolve(true) } });
    const change = { profile: docusignApi, policy, sourceIds: ['src_1'] };
    const connection = calling.connect(`${api.url}/restapi`, change);
    await calling.call(connection, document);
    await until('the answer to be kept', () => calling.calling.figures.cacheBytes > 0);
    expect((await calling.call(connection, document)).headers['posthorn-cache']).toBe('hit; age=0');
    calling.connect(`${api.url}/restapi`, { ...change, id: connection.id, name: 'Renamed' });
    expect(calling.calling.figures.cacheBytes).toBe(0);
  });

  test('are neither given nor kept where a part is asked for, or a fresh one', async () => {
    const api = await account();
    const calling = await stand({ ports: { isCompleted: () => Promise.resolve(true) } });
    const connection = calling.connect(`${api.url}/restapi`, { profile: docusignApi, policy, sourceIds: ['src_1'] });
    await calling.call(connection, document);
    await until('the answer to be kept', () => calling.calling.figures.cacheBytes > 0);
    for (const headers of [{ range: 'bytes=0-3' }, { 'cache-control': 'no-cache' }, { 'if-none-match': '"a"' }]) {
      expect((await calling.call(connection, document, { headers })).headers['posthorn-cache']).toBe('bypass');
    }
    expect(api.received).toHaveLength(4);
  });
});
