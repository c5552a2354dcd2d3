import { request } from 'undici';
import { expect, test } from 'vitest';
import { pdfOf, startFor, systemClock } from './webhook-inbox.ts';

async function open(faults: readonly string[]) {
  const simulator = await startFor({ provider: 'goroute', seed: 'faults', clock: systemClock, faults });
  const headers = { 'x-api-key': simulator.world.api.apiKey };
  const ask = (path: string, method: 'GET' | 'POST' = 'GET', body: string | null = null) =>
    request(`${simulator.url}/peppol-api${path}`, { method, body, headers });
  return { simulator, ask };
}

const organizations = '/api/v1/organizations';

test('a reset does nothing, a lost answer has done it, and a cut one ends in the middle', async () => {
  const { simulator, ask } = await open([
    'reset:x1@POST /peppol-api/api/v1/send',
    'lost:x1@POST /peppol-api/api/v1/send',
  ]);
  const send = () => ask('/api/v1/send', 'POST', '{"receiver":"9915:phase4-test-receiver","invoice_number":"1"}');
  await expect(send()).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) });
  expect(simulator.world.subjects()).toHaveLength(0);
  await expect(send()).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) });
  expect(simulator.world.subjects()).toHaveLength(1);
  expect((await send()).statusCode).toBe(202);

  simulator.setFaults(['cut']);
  const cut = await ask(organizations);
  expect(cut.statusCode).toBe(200);
  await expect(cut.body.text()).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) });
  expect(simulator.requests().map(({ fault, status }) => [fault, status])).toEqual([
    ['reset', null],
    ['lost', null],
    [null, 202],
    ['cut', null],
  ]);
});

test('maintenance is a page of HTML, and statuses are in the words of the provider', async () => {
  const { simulator, ask } = await open(['maintenance:x1']);
  const page = await ask(organizations);
  expect([page.statusCode, page.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
  await page.body.dump();
  simulator.setFaults(['429=7:x1', '502']);
  const busy = await ask(organizations);
  expect([busy.statusCode, busy.headers['retry-after']]).toEqual([429, '7']);
  expect(await busy.body.json()).toMatchObject({ error: { code: 'RATE_LIMITED' } });
  const failed = await ask(organizations);
  expect(failed.statusCode).toBe(502);
  expect(await failed.body.json()).toHaveProperty('error.request_id');
});

test("429 of Documenso and DocuSign are those providers' own", async () => {
  const documenso = await startFor({ provider: 'documenso', seed: 'f', clock: systemClock, faults: ['429=3'] });
  const one = await request(`${documenso.url}/api/v2/envelope`);
  expect(await one.body.json()).toEqual({ error: 'Too many requests' });
  const publicKeyPem = '';
  const docusign = await startFor({
    provider: 'docusign',
    publicKeyPem,
    seed: 'f',
    clock: systemClock,
    faults: ['429'],
  });
  const other = await request(`${docusign.url}/restapi/v2.1/accounts/x/users`);
  expect(await other.body.json()).toHaveProperty('errorCode', 'HOURLY_APIINVOCATION_LIMIT_EXCEEDED');
});

test('a slow answer is late and a trickled one comes in pieces, both whole', async () => {
  const { simulator, ask } = await open(['slow=60ms', 'trickle=2ms']);
  const began = performance.now();
  const answer = await ask(organizations);
  expect(performance.now() - began).toBeGreaterThanOrEqual(58);
  const pieces: Buffer[] = [];
  for await (const piece of answer.body as AsyncIterable<Buffer>) pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(3);
  expect(JSON.parse(String(Buffer.concat(pieces)))).toHaveProperty('organizations');
  expect(simulator.requests()[0]).toMatchObject({ fault: 'slow, trickle', status: 200 });
});

test('a caller that goes away, and a simulator that stops, end what waits', async () => {
  const { simulator, ask } = await open(['slow=60m']);
  const leave = new AbortController();
  const left = request(`${simulator.url}/peppol-api/health`, { signal: leave.signal });
  const kept = ask(organizations);
  const outcomes = Promise.allSettled([left, kept]);
  leave.abort();
  await simulator.stop();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('requests are remembered without what they carried', async () => {
  const { simulator, ask } = await open([]);
  await (await ask('/api/v1/validate', 'POST', String(pdfOf('secret text')))).body.dump();
  const [recorded] = simulator.requests();
  expect(recorded).toMatchObject({ method: 'POST', path: '/peppol-api/api/v1/validate', status: 200, fault: null });
  expect(recorded?.headerNames).toContain('x-api-key');
  const told = JSON.stringify(simulator.requests());
  expect(told).not.toContain(simulator.world.api.apiKey);
  expect(told).not.toContain('secret text');
});

test('options that do not fit are refused with their remedy, and nothing is left open', async () => {
  const bad = startFor({ provider: 'goroute', clock: systemClock, faults: ['sleepy=2s'] });
  await expect(bad).rejects.toMatchObject({
    what: 'the fault "sleepy=2s" is not known',
    remedy: expect.stringContaining('slow=2s'),
  });
  const unsigned = startFor({ provider: 'goroute', clock: systemClock, webhook: { url: 'http://127.0.0.1:1/' } });
  await expect(unsigned).rejects.toMatchObject({ what: expect.stringContaining('secret') });
});
