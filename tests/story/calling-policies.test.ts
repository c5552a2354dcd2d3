import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pdfOf } from '../simulation-api/webhook-inbox.ts';
import { requestsTo, startDocumenso } from '../support/api-simulators.ts';
import { until } from '../support/until.ts';
import { CallingStory, definition } from './calling-story.ts';

const story = new CallingStory();
let key: string;

beforeAll(async () => {
  await story.open({});
  key = await story.key('connections:call');
}, 120_000);
afterAll(() => story.close());

describe('a provider that fails', () => {
  it('is asked again after a burst of 429, and for what may be repeated after a broken connection', async () => {
    const simulator = await startDocumenso({ faults: ['429=1:x3'] });
    const connection = await story.connectDocumenso(simulator);
    const list = '/api/v2/envelope?page=1';
    const answers = await Promise.all(Array.from({ length: 8 }, () => story.call(connection, key, list)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    const attempts = answers.map(({ headers }) => Number(headers.get('posthorn-attempts')));
    expect(attempts.reduce((sum, count) => sum + count)).toBe(8 + 3);

    simulator.setFaults(['reset:x1']);
    expect((await story.call(connection, key, list)).headers.get('posthorn-attempts')).toBe('2');

    // It is made, and nobody hears of it: a second one would be a second document.
    simulator.setFaults(['lost:x1']);
    const form = new FormData();
    form.set('payload', JSON.stringify({ title: 'Lease', type: 'DOCUMENT', recipients: [] }));
    form.append('files', new Blob([pdfOf('lease')], { type: 'application/pdf' }), 'lease.pdf');
    const lost = await story.call(connection, key, '/api/v2/envelope/create', { method: 'POST', body: form });
    expect(lost).toMatchObject({ status: 502, json: { code: 'provider_unreachable' } });
    expect(lost.json['detail']).toContain('look before you repeat it');
    expect(simulator.world.subjects()).toHaveLength(1);
    expect(await story.tries(connection)).toEqual(requestsTo(simulator).toSorted());
  });

  it("has its limits kept before they are reached, and a month's quota is not asked for again", async () => {
    const simulator = await startDocumenso({ callsPerMinute: 5 });
    const connection = await story.connectDocumenso(simulator);
    const answers = [];
    for (let count = 0; count < 12; count += 1) answers.push(await story.call(connection, key, '/api/v2/envelope'));
    expect(simulator.requests().filter(({ status }) => status === 429)).toEqual([]);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(2);
    for (const { json, headers } of refused) {
      expect(json['code']).toBe('budget_exhausted');
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    expect(await story.tries(connection)).toEqual(requestsTo(simulator).toSorted());

    const spent = await startDocumenso({ organisationQuota: 0 });
    const another = await story.connectDocumenso(spent);
    const answer = await story.call(another, key, '/api/v2/envelope');
    expect([answer.status, answer.headers.get('posthorn-attempts')]).toEqual([429, '1']);
    expect(await story.tries(another)).toEqual(requestsTo(spent).toSorted());
  });

  it('and is gone: said at once and clearly, left alone by the breaker, and found again', async () => {
    const simulator = await startDocumenso();
    const connection = await story.connectDocumenso(simulator, {
      policy: { retries: { most: 1, baseMs: 10 }, breaker: { minimumCalls: 3, openMs: 1_500 } },
    });
    const list = '/api/v2/envelope';
    expect((await story.call(connection, key, list)).headers.get('posthorn-breaker')).toBe('closed');
    await simulator.stop();
    const beganMs = performance.now();
    const first = await story.call(connection, key, list);
    expect(performance.now() - beganMs).toBeLessThan(5_000);
    expect(first).toMatchObject({ status: 502, json: { code: 'provider_unreachable' } });
    expect(first.json['detail']).toMatch(/^Documenso gave no answer: .*the last of 2 tries/);
    const held = await until('the breaker to open', async () => {
      const answer = await story.call(connection, key, list);
      return answer.status === 503 ? answer : null;
    });
    expect(held).toMatchObject({ json: { code: 'provider_unavailable' } });
    expect(held.headers.get('posthorn-breaker')).toBe('open');
    expect(Number(held.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await story.recorded(held)).toMatchObject({ error: 'breaker_open', tryCount: 0, answered: 503 });
    const { body } = await story.api.ask<{ connections: { id: string; breaker: string }[] }>(
      'GET',
      '/health/documenso',
    );
    expect(body.connections.find(({ id }) => id === connection.id)?.breaker).toBe('open');

    const back = await startDocumenso({ port: Number(new URL(simulator.url).port), seed: simulator.seed });
    const found = await until('it to be found again', async () => {
      const answer = await story.call(connection, key, list);
      return answer.status === 200 ? answer : null;
    });
    expect(found.headers.get('posthorn-breaker')).toMatch(/closed|half-open/);
    expect((await story.call(connection, key, list)).headers.get('posthorn-breaker')).toBe('closed');
    expect(requestsTo(back)).toHaveLength(2);
  });
});

describe('polling', () => {
  it('is noted, served or refused; and what Connect told of since is no polling', async () => {
    const { simulator, connection, envelopes, accountId, path } = await story.openDocusign(key);
    const { envelopeId = '' } = await envelopes.createEnvelope(accountId, { envelopeDefinition: definition });
    // Connect's last word on the creation: what it told of before is no news afterwards.
    await story.event('recipient-sent', envelopeId);
    const envelope = `${path}/envelopes/${envelopeId}`;
    const get = () => story.call(connection, key, envelope);
    const served = (): number => simulator.requests().filter(({ method }) => method === 'GET').length;
    const verdict = ({ headers }: Awaited<ReturnType<typeof get>>): string | null =>
      headers.get('posthorn-polling')?.split(';')[0] ?? null;
    const setMode = async (mode: string): Promise<void> => {
      await story.change(connection, { policy: { polling: { mode } } });
    };

    const first = await get();
    expect(verdict(first)).toBeNull();
    const noted = await get();
    expect([noted.status, verdict(noted)]).toEqual([200, 'violation']);
    const firstId = first.headers.get('posthorn-call-id') ?? '';
    expect(await story.recorded(noted)).toMatchObject({
      polling: 'violation',
      repeats: { callId: firstId, pattern: 'repeat' },
    });

    await setMode('serve');
    const again = await until('calls to be served', async () => {
      const answer = await get();
      return verdict(answer) === 'served' ? answer : null;
    });
    const asked = served();
    expect([(await get()).text, served()]).toEqual([first.text, asked]);
    expect(again.headers.get('posthorn-cache')).toMatch(/^served; age=\d+$/);

    await setMode('refuse');
    const refused = await until('calls to be refused', async () => {
      const answer = await get();
      return answer.status === 429 ? answer : null;
    });
    expect(refused).toMatchObject({ json: { code: 'polling_refused' } });
    expect(refused.json['detail']).toMatch(/^The same resource was called \d+ s ago \(call_\w+\).*Wait for a webhook/);
    const waitSeconds = Number(refused.headers.get('retry-after'));
    expect(waitSeconds).toBeGreaterThan(800);
    expect(waitSeconds).toBeLessThanOrEqual(900);
    const before = served();
    expect([(await get()).status, served()]).toEqual([429, before]);

    simulator.world.act({ subject: envelopeId, who: 'noor@example.com', does: 'sign' });
    await story.event('envelope-completed', envelopeId);
    const news = await until('the news to be heard', async () => {
      const answer = await get();
      return answer.status === 200 ? answer : null;
    });
    expect([news.json['status'], verdict(news)]).toEqual(['completed', null]);
    expect((await get()).status).toBe(429);

    const printed = await story.run('calls', 'violations', '--connection', connection.id);
    expect(printed).toContain(firstId);
    expect(printed).toContain(noted.headers.get('posthorn-call-id'));
    expect(printed).toContain(envelopeId);
    const byPolling = async (word: string) => (await story.calls(connection, `&polling=${word}`)).length;
    expect(await byPolling('served')).toBeGreaterThanOrEqual(2);
    expect(await byPolling('refused')).toBeGreaterThanOrEqual(2);
    expect(await story.tries(connection)).toEqual(requestsTo(simulator).toSorted());
  });

  it('that was a list, its members and the list again is called so', async () => {
    const { connection, envelopes, accountId, path } = await story.openDocusign(key, {
      policy: { polling: { mode: 'refuse' } },
    });
    const { envelopeId = '' } = await envelopes.createEnvelope(accountId, { envelopeDefinition: definition });
    await story.event('recipient-sent', envelopeId);
    const documents = `${path}/envelopes/${envelopeId}/documents`;
    expect((await story.call(connection, key, documents)).status).toBe(200);
    expect((await story.call(connection, key, `${documents}/1`)).status).toBe(200);
    expect((await story.call(connection, key, `${documents}/certificate`)).status).toBe(200);
    const listed = await story.call(connection, key, `${documents}/`);
    expect(listed).toMatchObject({ status: 429, json: { code: 'polling_refused' } });
    expect(listed.json['detail']).toContain('Keep the answer of the first list');
  });
});
