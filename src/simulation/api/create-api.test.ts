import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../random.rules.ts';
import { createApi, type ProviderOptions } from './create-api.ts';
import type { ServedRequest, SimulatedApi } from './served.ts';

const { publicKey: publicKeyPem } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const options: ProviderOptions = {
  documenso: { callsPerMinute: 1e9 },
  docusign: { publicKeyPem, isConsentGiven: true, callsPerHour: 1e9, burst: 1e9 },
  goroute: {},
};
const origin = (): string => 'http://127.0.0.1:1';
const nowMs = Date.UTC(2026, 0, 31);

type Asked = Partial<ServedRequest> & Pick<ServedRequest, 'method' | 'path'>;

/** Asks as somebody who may. */
function stage(provider: keyof ProviderOptions) {
  const given = { random: createRandom('fuzz'), origin };
  let api: SimulatedApi;
  let headers: [string, string][];
  if (provider === 'documenso') {
    const made = createApi(provider, given, options.documenso);
    [api, headers] = [made, [['authorization', made.apiToken]]];
  } else if (provider === 'docusign') {
    const made = createApi(provider, given, options.docusign);
    [api, headers] = [made, [['authorization', `Bearer ${made.issueToken(nowMs)}`]]];
  } else {
    const made = createApi(provider, given, options.goroute);
    [api, headers] = [made, [['x-api-key', made.apiKey]]];
  }
  const ask = (asked: Asked) =>
    api.answer({
      query: new URLSearchParams(),
      body: Buffer.alloc(0),
      address: '127.0.0.1',
      origin: origin(),
      nowMs,
      ...asked,
      headers: new Map([...headers, ...(asked.headers ?? [])]),
    });
  return { api, ask };
}

const form = (payload: object): Pick<ServedRequest, 'headers' | 'body'> => ({
  headers: new Map([['content-type', 'multipart/form-data; boundary=B']]),
  body: Buffer.from(
    `--B\r\nContent-Disposition: form-data; name="payload"\r\n\r\n${JSON.stringify(payload)}\r\n` +
      '--B\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n%PDF-1.4\r\n--B--',
  ),
});

const noise = fc.oneof(
  fc.json(),
  fc.string(),
  fc
    .dictionary(
      fc.constantFrom(
        'envelopeId',
        'recipientId',
        'fieldId',
        'data',
        'ids',
        'recipients',
        'status',
        'meta',
        'documents',
      ),
      fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.object()), fc.object()),
    )
    .map((value) => JSON.stringify(value)),
);
const methods = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE');

/** The highest status of all answers to noise; what is thrown ends it with what was asked. */
function worstOf(paths: readonly string[], ask: (asked: Asked) => { status: number }): number {
  const path = fc.oneof(fc.constantFrom(...paths), fc.webPath());
  const types = fc.constantFrom('application/json', 'multipart/form-data; boundary=B', 'application/xml', 'text/plain');
  let worst = 0;
  fc.assert(
    fc.property(methods, path, noise, types, fc.webQueryParameters(), (method, asked, body, contentType, query) => {
      const headers = new Map([['content-type', contentType]]);
      const answer = ask({ method, path: asked, body: Buffer.from(body), headers, query: new URLSearchParams(query) });
      worst = Math.max(worst, answer.status);
    }),
    { numRuns: 600 },
  );
  return worst;
}

test('whatever is asked of Documenso is answered, and never by a defect', () => {
  const { ask } = stage('documenso');
  const recipients = [{ name: 'A', email: 'a@example.com', role: 'SIGNER', fields: [{ type: 'NAME', page: 1 }] }];
  const made = ask({
    method: 'POST',
    path: '/api/v2/envelope/create',
    ...form({ title: 'A', type: 'DOCUMENT', recipients }),
  });
  const { id } = JSON.parse(String(made.body)) as { id: string };
  const shown = JSON.parse(String(ask({ method: 'GET', path: `/api/v2/envelope/${id}` }).body)) as {
    secondaryId: string;
    recipients: { id: number }[];
    fields: { id: number }[];
    envelopeItems: { id: string }[];
  };
  const [number, recipient, field, item] = [
    shown.secondaryId.replace(/\D+/, ''),
    shown.recipients[0]?.id,
    shown.fields[0]?.id,
    shown.envelopeItems[0]?.id,
  ];
  const verbs = ['create', 'update', 'distribute', 'redistribute', 'cancel', 'delete', 'duplicate', 'get-many', 'use'];
  const parts = ['create-many', 'update-many', 'delete'];
  const paths = [
    '/api/v2/envelope',
    ...verbs.map((verb) => `/api/v2/envelope/${verb}`),
    ...parts.flatMap((verb) => [`/api/v2/envelope/recipient/${verb}`, `/api/v2/envelope/field/${verb}`]),
    `/api/v2/envelope/recipient/${recipient}`,
    `/api/v2/envelope/field/${field}`,
    `/api/v2/envelope/item/${item}/download`,
    '/api/v2/document',
    `/api/v2/document/${number}/download`,
    '/api/v2/template/use',
    '/api/v1/documents',
    `/api/v1/documents/${number}`,
    `/api/v1/documents/${number}/send`,
    `/api/v1/documents/${number}/fields/${field}`,
    `/api/v1/documents/${number}/recipients/${recipient}`,
    `/api/v1/documents/${number}/download`,
    `/api/v1/templates/${number}/generate-document`,
  ];
  expect(worstOf(paths, ask)).toBeLessThan(500);
});

test('whatever is asked of DocuSign is answered, and never by a defect', () => {
  const { api, ask } = stage('docusign');
  const base = `/restapi/v2.1/accounts/${(api as unknown as { accountId: string }).accountId}`;
  const definition = {
    documents: [{ documentBase64: 'QQ==' }],
    recipients: { signers: [{ name: 'A', email: 'a@example.com' }] },
  };
  const made = ask({ method: 'POST', path: `${base}/envelopes`, body: Buffer.from(JSON.stringify(definition)) });
  const { envelopeId } = JSON.parse(String(made.body)) as { envelopeId: string };
  const below = ['', '/documents', '/documents/1', '/documents/combined', '/recipients', '/views/recipient'];
  const paths = [
    base,
    `${base}/envelopes`,
    ...below.map((path) => `${base}/envelopes/${envelopeId}${path}`),
    `${base}/templates`,
    `${base}/users`,
    `${base}/connect/envelopes/retry_queue`,
    `${base}/connect/envelopes/${envelopeId}/retry_queue`,
    '/oauth/token',
    '/oauth/auth',
    '/oauth/userinfo',
  ];
  expect(worstOf(paths, ask)).toBeLessThan(500);
});

test('whatever is asked of GoRoute is answered, and never by a defect', () => {
  const { api, ask } = stage('goroute');
  ask({
    method: 'POST',
    path: '/api/v1/send',
    body: Buffer.from('{"receiver":"9915:reject-all","invoice_number":"1"}'),
  });
  const [sent] = api.subjects();
  const paths = [
    'send',
    'validate',
    'transactions',
    `transactions/${sent?.id}`,
    'organizations',
    'webhooks',
    'participants/lookup',
  ];
  const all = [...paths.map((path) => `/api/v1/${path}`), '/participants/lookup', '/health'];
  expect(worstOf(all, ask)).toBeLessThan(500);
});
