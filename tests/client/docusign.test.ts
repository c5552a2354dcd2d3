import { describe, expect, it } from 'vitest';
import { readDocusignFailure } from '../../src/client/docusign/read-failure.rules.ts';
import { type Answered, connectionId, type ProviderCall, startEgress } from './egress-server.ts';

async function startDocusign(answer: (call: ProviderCall) => Answered | Promise<Answered>) {
  const { client, calls } = await startEgress(answer);
  return { docusign: client.docusign(connectionId, { accountId: 'acc-1' }), calls };
}

const base = '/v2.1/accounts/acc-1/envelopes';

describe('docusign', () => {
  it('makes, sends, gets and voids an envelope of the account', async () => {
    const bodies: unknown[] = [];
    const { docusign, calls } = await startDocusign(async ({ method, body }) => {
      if (method !== 'GET') bodies.push(JSON.parse(String(await body())));
      return { json: { envelopeId: 'e-1', status: 'created' } };
    });
    const definition = { status: 'created', emailSubject: 'Please sign' } as const;
    expect((await docusign.createEnvelope(definition)).envelopeId).toBe('e-1');
    await docusign.send('e-1');
    expect((await docusign.get('e-1')).status).toBe('created');
    await docusign.void('e-1', 'A mistake');
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST ${base}`,
      `PUT ${base}/e-1`,
      `GET ${base}/e-1`,
      `PUT ${base}/e-1`,
    ]);
    expect(bodies).toEqual([definition, { status: 'sent' }, { status: 'voided', voidedReason: 'A mistake' }]);
  });

  it('lists page after page, with sizes that are strings, none twice, and ends at the last', async () => {
    const { docusign, calls } = await startDocusign(({ query }) => {
      const start = Number(query.get('start_position') ?? 0);
      const envelopes =
        start === 0 ? [{ envelopeId: '1' }, { envelopeId: '2' }] : [{ envelopeId: '2' }, { envelopeId: '3' }];
      return { json: { envelopes, resultSetSize: String(envelopes.length), totalSetSize: '4' } };
    });
    const ids = [];
    const since = new Date('2026-08-01T00:00:00Z');
    for await (const { envelopeId } of docusign.list({ since, status: 'completed', count: 2 })) ids.push(envelopeId);
    expect(ids).toEqual(['1', '2', '3']);
    expect(calls.map(({ query }) => query.get('start_position'))).toEqual([null, '2']);
    expect(calls[0]?.query.get('from_date')).toBe('2026-08-01T00:00:00.000Z');
  });

  it('lists nothing where there is nothing', async () => {
    const { docusign, calls } = await startDocusign(() => ({ json: { resultSetSize: '0', totalSetSize: '0' } }));
    for await (const envelope of docusign.list({ since: new Date(0) })) expect(envelope).toBeUndefined();
    expect(calls).toHaveLength(1);
  });

  it('lists documents, downloads them as streams, and opens a view for signing', async () => {
    const { docusign, calls } = await startDocusign(({ path }) => {
      if (path.endsWith('/documents')) return { json: { envelopeDocuments: [{ documentId: '1', name: 'a.pdf' }] } };
      if (path.endsWith('/recipient')) return { status: 201, json: { url: 'https://sign.example' } };
      return { headers: { 'content-type': 'application/pdf' }, body: '%PDF' };
    });
    const [document] = await docusign.documents('e-1');
    expect(await (await docusign.download('e-1', document!.documentId)).text()).toBe('%PDF');
    await (await docusign.download('e-1', 'combined')).text();
    const view = {
      returnUrl: 'https://a',
      authenticationMethod: 'none',
      userName: 'A',
      email: 'a@b',
      clientUserId: '1',
    };
    expect(await docusign.recipientView('e-1', view)).toEqual({ url: 'https://sign.example' });
    expect(calls.map(({ path }) => path.replace(base, ''))).toEqual([
      '/e-1/documents',
      '/e-1/documents/1',
      '/e-1/documents/combined',
      '/e-1/views/recipient',
    ]);
  });
});

describe('errors of DocuSign', () => {
  it.each([
    ['HOURLY_APIINVOCATION_LIMIT_EXCEEDED', 400, { retryable: true, permanent: false }],
    ['HOURLY_APIINVOCATION_LIMIT_EXCEEDED', 429, { retryable: true, permanent: false }],
    ['Hourly_Envelope_Polling_Limit_Exceeded', 400, { retryable: false, permanent: false }],
    ['Burst_Envelope_Polling_Limit_Exceeded', 400, { retryable: false, permanent: false }],
    ['Burst_APIInvocation_Envelope_Limit_Exceeded', 400, { retryable: false, permanent: false }],
    ['ENVELOPE_DOES_NOT_EXIST', 404, { retryable: false, permanent: true }],
    ['INTERNAL', 503, { retryable: true, permanent: false }],
  ])('are read: %s with %i', async (errorCode, status, verdict) => {
    const { docusign } = await startDocusign(() => ({ status, json: { errorCode, message: 'x' } }));
    await expect(docusign.get('e')).rejects.toMatchObject({ code: errorCode, status, ...verdict });
  });

  it('of the hourly limit ask to wait until the hour is over', () => {
    const body = { errorCode: 'HOURLY_APIINVOCATION_LIMIT_EXCEEDED' };
    const nowMs = Date.parse('2026-08-01T10:59:30Z');
    expect(readDocusignFailure({ body, nowMs }).retryAfterMs).toBe(30_000);
  });

  it.each([null, [], 'x', 1, { errorCode: 7 }])('are read without a code from %j', (body) => {
    expect(readDocusignFailure({ body, nowMs: 0 })).toEqual({ code: null, kind: null });
  });
});
