import { createHash } from 'node:crypto';
import { Documenso } from '@documenso/sdk-typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bulk } from '../../src/client/bulk.ts';
import { createPosthorn } from '../../src/client/create-posthorn.ts';
import { NotCompletedError } from '../../src/client/not-completed-error.ts';
import { PosthornError } from '../../src/client/posthorn-error.ts';
import { pdfOf } from '../simulation-api/webhook-inbox.ts';
import { requestsTo, startDocumenso, startDocusign } from '../support/api-simulators.ts';
import { until } from '../support/until.ts';
import { CallingStory, definition, docusignClient } from './calling-story.ts';

const story = new CallingStory();
let key: string;

beforeAll(async () => {
  await story.open({ POSTHORN_LOG_LEVEL: 'trace' });
  key = await story.key('connections:call');
}, 120_000);
afterAll(() => story.close());

type Documents = { data: { id: string; kind: string; sha256: string; state: string; callId: string }[] };

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The documents of a subject, once they are archived and verified anew. */
async function archived(subject: string, count: number): Promise<Documents['data']> {
  await until('the documents to be archived', async () => {
    const { data } = await story.ofTeam<Documents>('GET', `/archive?subject=${subject}`);
    return data.length === count;
  });
  await story.run('archive', 'verify', '--all');
  return (await story.ofTeam<Documents>('GET', `/archive?subject=${subject}`)).data;
}

async function bytesOf(documentId: string): Promise<Buffer> {
  const { body, headers } = await story.api.ask<string>('GET', `/v1/teams/${story.teamId}/archive/${documentId}/body`);
  expect(headers.get('content-type')).toBe('application/pdf');
  return Buffer.from(body);
}

describe("the providers' own clients, with nothing changed but URL and key", () => {
  it('Documenso: from a draft to the signed and archived PDF, and the ledger has it all', async () => {
    const source = await story.source('documenso');
    const simulator = await startDocumenso({ webhook: { url: source.url, secret: source.secret } });
    const connection = await story.connectDocumenso(simulator, { sources: [source.id], archive: true });
    const sdk = new Documenso({ apiKey: key, serverURL: `${connection.url}/api/v2` });

    const recipients = [{ name: 'Noor Aziz', email: 'noor@example.com', role: 'SIGNER' as const }];
    const payload = { title: 'Lease', type: 'DOCUMENT' as const, externalId: 'lease-1', recipients };
    const files = [{ fileName: 'lease.pdf', content: new Uint8Array(pdfOf('lease')) }];
    const { id } = await sdk.envelopes.create({ payload, files });
    const sent = await sdk.envelopes.distribute({ envelopeId: id });
    expect(sent.recipients[0]?.signingUrl).toMatch(`${simulator.url}/sign/`);
    const found = await sdk.envelope.envelopeFind({ query: 'lease-1' });
    expect(found.data).toMatchObject([{ id, status: 'PENDING' }]);
    await fetch(String(sent.recipients[0]?.signingUrl), { method: 'POST' });
    const whole = await sdk.envelopes.get({ envelopeId: id });
    expect(whole.status).toBe('COMPLETED');

    const item = whole.envelopeItems[0]?.id ?? '';
    const download = `/api/v2/envelope/item/${item}/download?version=signed`;
    const signed = await story.call(connection, key, download);
    expect(signed.text).toMatch(/^%PDF/);
    await story.event('DOCUMENT_COMPLETED', id);
    const documents = await archived(id, 3);
    expect(documents.map(({ kind }) => kind).toSorted()).toEqual(['audit-log', 'certificate', 'signed']);
    const kept = documents.find(({ kind }) => kind === 'signed');
    expect(kept).toMatchObject({ state: 'stored', sha256: sha256(Buffer.from(signed.text)) });
    expect((await bytesOf(kept?.id ?? '')).toString()).toBe(signed.text);

    const calls = await story.calls(connection);
    expect(calls.filter(({ origin }) => origin === 'egress').map(({ operation }) => operation)).toEqual([
      'envelopes.create',
      'envelopes.distribute',
      'envelopes.list',
      'envelopes.get',
      'envelopes.item.download',
    ]);
    expect(calls.map(({ id: callId }) => callId)).toEqual(expect.arrayContaining(documents.map((each) => each.callId)));
    expect(await story.tries(connection)).toEqual(requestsTo(simulator).toSorted());
  });

  it('DocuSign: consent, an envelope, its signature, its archive; what is completed is asked for once', async () => {
    const { simulator, connection, envelopes, accountId, path } = await story.openDocusign(
      key,
      { archive: true },
      { isConsentGiven: false },
    );
    const began = new Date(Date.now() - 60_000).toISOString();
    const early = envelopes.createEnvelope(accountId, { envelopeDefinition: definition });
    await expect(early).rejects.toMatchObject({ response: { status: 502, data: { code: 'credential_failed' } } });
    const { json } = await story.call(connection, key, path);
    const consent = /http:\/\/\S+REDIRECT_URI/.exec(String(json['detail']))?.[0] ?? '';
    const allowed = await fetch(consent.replace('REDIRECT_URI', 'http%3A%2F%2Flocalhost%2Fdone'), {
      redirect: 'manual',
    });
    expect(allowed.headers.get('location')).toMatch(/^http:\/\/localhost\/done\?code=/);
    // A connection that is changed asks at once, instead of after the half minute that the answer named.
    await story.change(connection, { name: 'With consent' });

    const made = await until('calls to work', () =>
      envelopes.createEnvelope(accountId, { envelopeDefinition: definition }),
    );
    const envelopeId = made.envelopeId ?? '';
    expect(made.status).toBe('sent');
    expect(await envelopes.listStatusChanges(accountId, { fromDate: began })).toMatchObject({ resultSetSize: '1' });
    const view = await envelopes.createRecipientView(accountId, envelopeId, {
      recipientViewRequest: {
        email: 'noor@example.com',
        userName: 'Noor Aziz',
        clientUserId: 'n1',
        returnUrl: 'http://localhost/done',
        authenticationMethod: 'none',
      },
    });
    await fetch(view.url ?? '', { method: 'POST' });
    await story.event('envelope-completed', envelopeId);

    const combined = `${path}/envelopes/${envelopeId}/documents/combined`;
    const documents = await archived(envelopeId, 2);
    expect(documents.map(({ kind, state }) => `${kind} ${state}`).toSorted()).toEqual([
      'certificate stored',
      'signed stored',
    ]);
    const askedFor = (): number => requestsTo(simulator).filter((line) => line.includes('/documents/combined')).length;
    const first = await story.call(connection, key, combined);
    const asked = askedFor();
    const again = await story.call(connection, key, combined);
    expect([first.headers.get('posthorn-cache'), again.headers.get('posthorn-cache')]).toEqual([
      'miss',
      expect.stringMatching(/^hit; age=\d+$/),
    ]);
    expect([again.text, askedFor()]).toEqual([first.text, asked]);
    expect(await story.recorded(again)).toMatchObject({ cache: 'hit', tryCount: 0, outcome: 'succeeded' });
    const kept = documents.find(({ kind }) => kind === 'signed');
    expect(kept?.sha256).toBe(sha256(Buffer.from(again.text)));

    const refused = (await story.calls(connection)).filter(({ error }) => error === 'credential');
    expect(refused.every(({ tryCount, status }) => tryCount === 0 && status === null)).toBe(true);
    expect(refused.length).toBeGreaterThan(0);
    expect(await story.tries(connection)).toEqual(requestsTo(simulator).toSorted());
  });

  it('DocuSign: a connection of production finds out where its account lives', async () => {
    const simulator = await startDocusign({ isConsentGiven: true });
    const connection = await story.connectDocusign(simulator, { environment: 'production', baseUrl: null });
    expect(connection.baseUrl).toBeNull();
    const { envelopes, accountId } = docusignClient(simulator, connection, key);
    const made = await envelopes.createEnvelope(accountId, { envelopeDefinition: definition });
    expect(made.status).toBe('sent');
    // A token that ends before its time is replaced, and the call made once more.
    simulator.world.api.expireTokens();
    expect(await envelopes.getEnvelope(accountId, made.envelopeId ?? '')).toMatchObject({ status: 'sent' });
    const [, got] = await story.calls(connection);
    expect((await story.detail(got?.id ?? '')).tries.map(({ status }) => status)).toEqual([401, 200]);
  });
});

describe('credentials', () => {
  it('are rotated under load without one failed call, and the use of the old one ends', async () => {
    const simulator = await startDocusign({ burst: 1_000_000, callsPerHour: 1_000_000 });
    const token = (): string => simulator.world.api.issueToken(Date.now());
    const limits = ['hourly', 'burst'].map((name) => ({ name, limit: 1_000_000, windowMs: 60_000 }));
    const connection = await story.connect({
      provider: 'docusign',
      baseUrl: `${simulator.url}/restapi`,
      credentials: [{ name: 'old', kind: 'bearer', fields: { token: token() } }],
      policy: { budget: { limits } },
    });
    const users = `/v2.1/accounts/${simulator.world.api.accountId}/users`;
    const answers = new Map<number, number>();
    const over = new AbortController();
    const load = Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) {
        const { status } = await story.call(connection, key, users);
        answers.set(status, (answers.get(status) ?? 0) + 1);
      }
    });
    const made = (): number => [...answers.values()].reduce((sum, count) => sum + count, 0);
    const more = async (count: number): Promise<void> => {
      const from = made();
      await until(`${count} more calls`, () => made() >= from + count);
    };
    const usesOf = async (name: string): Promise<number> =>
      (await story.show(connection)).credentials.find((each) => each.name === name)?.usesLast24Hours ?? 0;

    await more(50);
    // One that the provider does not know costs a second try, and no call.
    const wrong = { name: 'wrong', kind: 'bearer', fields: { token: story.plant('not-a-token-of-docusign') } };
    await story.change(connection, { credentials: [wrong, { name: 'old' }] });
    await more(50);
    const next = { name: 'new', kind: 'bearer', fields: { token: story.plant(token()) } };
    await story.change(connection, { credentials: [next, { name: 'old' }] });
    await until('the new one to be used', async () => (await usesOf('new')) > 0);
    const settled = await until('the old one to rest', async () => {
      const before = await usesOf('old');
      await more(50);
      const written = await usesOf('new');
      await until('more use to be written', async () => (await usesOf('new')) > written);
      return (await usesOf('old')) === before ? before : null;
    });
    await story.change(connection, { credentials: [{ name: 'new' }] });
    await more(50);
    over.abort();
    await Promise.all(load);

    expect([...answers.keys()]).toEqual([200]);
    expect(settled).toBeGreaterThanOrEqual(50);
    const recorded = await story.calls(connection);
    expect(recorded).toHaveLength(made());
    const counted = await until('all use to be written', async () => {
      const count = await usesOf('new');
      return count + settled === made() ? count : null;
    });
    expect(counted).toBeGreaterThan(100);
    const withWrong = recorded.filter(({ tryCount }) => tryCount === 2);
    expect(withWrong.length).toBeGreaterThan(0);
  });

  it('open no more than the key that is shown may call, and are in no answer', async () => {
    const simulator = await startDocumenso();
    const [mine, other] = [await story.connectDocumenso(simulator), await story.connectDocumenso(simulator)];
    const own = await story.key(`connections:call:${mine.id}`);
    const list = '/api/v2/envelope';
    expect((await story.call(mine, own, list)).status).toBe(200);
    expect(await story.call(other, own, list)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    expect(await story.call(mine, 'phk_unknown', list)).toMatchObject({ status: 401, json: { code: 'unauthorized' } });
    const ledger = await story.api.ask('GET', `/v1/teams/${story.teamId}/calls`, undefined, {
      headers: { authorization: `Bearer ${own}` },
    });
    expect(ledger.status).toBe(403);
    await story.change(mine, { status: 'paused' });
    const paused = await until('it to be paused', async () => {
      const answer = await story.call(mine, own, list);
      return answer.status === 503 ? answer : null;
    });
    expect(paused.json['code']).toBe('connection_paused');
    const shown = JSON.stringify([await story.show(mine), await story.calls(mine)]);
    expect(shown).not.toContain(simulator.world.api.apiToken);
    const { headerNames } = simulator.requests()[0] ?? { headerNames: [] };
    expect(headerNames).toContain('authorization');
    expect(headerNames.filter((name) => /^posthorn|^x-forwarded/.test(name))).toEqual([]);
  });
});

describe('posthorn/client', () => {
  it('takes a document from its creation to the signed bytes, and says what ended a call', async () => {
    const simulator = await startDocumenso();
    const connection = await story.connectDocumenso(simulator);
    const documenso = createPosthorn({ url: story.posthorn.url, key }).documenso(connection.id);
    const content = Uint8Array.from(pdfOf('lease'));
    const { id } = await documenso.create({
      title: 'Lease',
      externalId: 'lease-9',
      recipients: [{ name: 'Noor Aziz', email: 'noor@example.com', role: 'SIGNER' }],
      files: [{ name: 'lease.pdf', content }],
    });
    await documenso.distribute(id);
    await expect(documenso.download(id)).rejects.toThrow(NotCompletedError);
    simulator.world.act({ subject: id, who: 'noor@example.com', does: 'sign' });
    expect(await (await documenso.download(id)).text()).toMatch(/^%PDF/);
    expect((await documenso.findByExternalId('lease-9'))?.id).toBe(id);
    await expect(documenso.cancel(id)).rejects.toMatchObject({ status: 400, permanent: true });
    const stranger = createPosthorn({ url: story.posthorn.url, key: 'phk_unknown' }).documenso(connection.id);
    const refused = stranger.get(id);
    await expect(refused).rejects.toBeInstanceOf(PosthornError);
    await expect(refused).rejects.toMatchObject({ code: 'unauthorized', retryable: false });
    expect(await story.tries(connection)).toEqual(requestsTo(simulator).toSorted());
  });

  it('makes many, each once, while the provider limits and fails', async () => {
    const simulator = await startDocumenso({ faults: ['429=1:x2', 'reset:10%@GET /*'] });
    const connection = await story.connectDocumenso(simulator);
    const documenso = createPosthorn({ url: story.posthorn.url, key }).documenso(connection.id);
    const ids = Array.from({ length: 25 }, (_, index) => `contract-${index}`);
    const progress: number[] = [];
    const results = await bulk(
      ids,
      async (externalId) => {
        const files = [{ name: 'c.pdf', content: Uint8Array.from(pdfOf(externalId)) }];
        const recipients = [{ name: 'Ada', email: `${externalId}@example.com`, role: 'SIGNER' as const }];
        const { id } = await documenso.create({ title: externalId, externalId, recipients, files });
        return id;
      },
      { concurrency: 5, onProgress: ({ done }) => progress.push(done) },
    );
    // Apart: work is repeated as a whole, and reading may fail after the document was made.
    const made = results.flatMap((result) => (result.ok ? [result.value] : []));
    const read = await bulk(made, async (id) => (await documenso.get(id)).externalId, { concurrency: 5 });
    expect(read.map((result) => (result.ok ? result.value : String(result.error)))).toEqual(ids);
    expect(progress.at(-1)).toBe(25);
    expect(simulator.world.subjects()).toHaveLength(25);
    expect(await story.tries(connection)).toEqual(requestsTo(simulator).toSorted());
  });

  it('takes an envelope of DocuSign from a draft to the signed bytes, and lists it', async () => {
    const { simulator, connection, accountId } = await story.openDocusign(key);
    const client = createPosthorn({ url: story.posthorn.url, key }).docusign(connection.id, { accountId });
    const began = new Date(Date.now() - 60_000);
    const { envelopeId } = await client.createEnvelope({ ...definition, status: 'created' });
    await client.send(envelopeId);
    simulator.world.act({ subject: envelopeId, who: 'noor@example.com', does: 'sign' });
    await story.event('envelope-completed', envelopeId);
    const listed: string[] = [];
    for await (const each of client.list({ since: began })) listed.push(each.envelopeId);
    expect(listed).toEqual([envelopeId]);
    expect(await (await client.download(envelopeId, 'combined')).text()).toMatch(/^%PDF/);
    await expect(client.void(envelopeId, 'Too late')).rejects.toMatchObject({ permanent: true });
    expect(await story.tries(connection)).toEqual(requestsTo(simulator).toSorted());
  });
});

describe('what is said of it afterwards', () => {
  it('adds up: statistics and metrics count the calls that are listed', async () => {
    const simulator = await startDocumenso({ faults: ['503:x1@GET /api/v2/envelope/envelope_nowhere'] });
    const connection = await story.connectDocumenso(simulator, { policy: { retries: { most: 0 } } });
    for (const path of ['/api/v2/envelope', '/api/v2/envelope', '/api/v2/envelope/envelope_nowhere']) {
      await story.call(connection, key, path);
    }
    await story.call(connection, key, '/api/v2/envelope/envelope_nowhere');
    await story.calls(connection);
    const { overall, groups } = await story.ofTeam<{
      overall: { calls: number; succeeded: number; errors: Record<string, number> };
      groups: { key: string; calls: number }[];
    }>('GET', `/calls/stats?connection=${connection.id}`);
    expect(overall).toMatchObject({ calls: 4, succeeded: 2, errors: { provider_failed: 1, provider_refused: 1 } });
    expect(groups.map(({ key: operation, calls }) => [operation, calls])).toEqual([
      ['envelopes.get', 2],
      ['envelopes.list', 2],
    ]);
    const printed = await story.run('calls', 'list', '--connection', connection.id, '--status', '4xx', '--json');
    expect(printed).toContain('"errorCode":"NOT_FOUND"');
  });

  it('and no line of the log holds a credential or an api key, at the level trace', () => {
    const lines = story.posthorn.output().split('\n');
    const told = lines.filter((line) => /credential \\"wrong\\" of con_\w+: the provider refused it/.test(line));
    expect(told.length).toBeGreaterThan(0);
    for (const word of story.planted) {
      const distinctive = word.split('\n')[1] ?? word;
      expect(lines.filter((line) => line.includes(distinctive))).toEqual([]);
    }
  });
});
