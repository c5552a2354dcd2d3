import { randomUUID } from 'node:crypto';
import type { DeclarationParts } from '../../src/declarations/declaration-schemas.ts';
import { until } from '../support/until.ts';
import { launchOf } from './prepare-launch.ts';
import { asIfLongAgo } from './proof.ts';
import { gorouteSignature, type ReadyGateway } from './ready-gateway.ts';

type Asked = { host: string; path: string };
type Answer = { status: number; body: unknown };

/** What the declared checks need beside the integration: whom and what they are proven on. */
export const declared = {
  documensoSource: '',
  signed: '',
  memberKey: '',
  members: {} as Record<'owner' | 'second' | 'admin' | 'developer' | 'viewer', string>,
  /** Answered before everything else; undefined where it has no word. */
  instead: (_asked: Asked): Answer | undefined => undefined,
};

export const invoiceType = 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2::Invoice##billing:3.0::2.1';
const creditNoteType = invoiceType.replaceAll('Invoice', 'CreditNote');
const organisation = 'org_live';
const documensoTeam = 17;
const documensoSecret = 'a secret of Documenso for tests';
const fourHoursMs = 4 * 3_600_000;

export const listOf = (...documents: object[]): Answer => ({
  status: 200,
  body: { data: documents, count: documents.length, currentPage: 1, perPage: 20, totalPages: 1 },
});
export const ended = (id: string, teamId = documensoTeam): object => ({
  id,
  teamId,
  status: 'COMPLETED',
  completedAt: new Date(Date.now() - fourHoursMs).toISOString(),
});

/** What Documenso and GoRoute show of the declared team, organisation and participants. */
export function answerAsDeclared(asked: Asked): Answer | undefined {
  const { host, path } = asked;
  const instead = declared.instead(asked);
  if (instead !== undefined) return instead;
  if (host === 'app.documenso.com' && path.includes('status=COMPLETED')) return listOf(ended('envelope_1'));
  if (host === 'app.documenso.com' && path.includes('perPage=20')) return listOf(ended('envelope_1'));
  if (host !== 'app.goroute.ai') return undefined;
  if (path.endsWith('/organizations')) {
    const participants = [{ scheme: '0192', identifier: '974760673' }];
    return { status: 200, body: { organizations: [{ id: organisation, name: 'Ready AS', participants }] } };
  }
  if (path.includes('/participants/lookup')) {
    return { status: 200, body: { found: true, capabilities: [invoiceType, creditNoteType] } };
  }
  return undefined;
}

/** Members, limits, and everything that can be declared, so that each declared check passes somewhere. */
export async function prepareDeclarations(gateway: ReadyGateway): Promise<void> {
  const { api, ids, team, environment } = gateway;
  const at = (path: string): string => `/v1/teams/${team}/${path}`;
  const make = async (path: string, body: object): Promise<string> =>
    (await api.call<{ id: string }>('POST', at(path), body)).id;
  environment['POSTHORN_REQUESTS_PER_SECOND'] = '100';
  await addMembers(gateway);
  const rateLimit = { perSecond: 100 };
  declared.documensoSource = await make('sources', {
    provider: 'documenso',
    name: 'Contracts',
    credentials: [{ value: documensoSecret }],
    rateLimit,
  });
  declared.signed = await make('endpoints', {
    url: 'https://receiver.example.com/signed',
    eventTypes: ['DOCUMENT_COMPLETED', 'DOCUMENT_REJECTED', 'transaction.failed'],
    rateLimit,
  });
  await api.call('PATCH', at(`sources/${ids.docusignSource}`), { rateLimit });
  await api.call('PATCH', at(`sources/${ids.gorouteSource}`), { rateLimit, allowAddresses: ['127.0.0.1'] });
  for (const id of [ids.endpoint, ids.retried]) await api.call('PATCH', at(`endpoints/${id}`), { rateLimit });
  await api.call('PATCH', at(`connections/${ids.documenso}`), { sources: [declared.documensoSource] });
  await api.call('PATCH', at(`connections/${ids.goroute}`), { sources: [ids.gorouteSource] });
  await asIfLongAgo(gateway);
  await describeTypes(gateway);
  await bringWebhooks(gateway);
  const { data: keys } = await api.call<{ data: { id: string }[] }>('GET', at('api-keys?limit=100'));
  const limited = [declared.documensoSource, ids.docusignSource, ids.gorouteSource, declared.signed, ids.endpoint];
  await declare(gateway, () => partsOf(gateway, [...limited, ids.retried, ...keys.map(({ id }) => id)]));
}

/** Declares something else, as the first owner. */
export async function declare(
  { url, team }: ReadyGateway,
  change: (parts: DeclarationParts) => DeclarationParts,
): Promise<DeclarationParts> {
  const headers = { authorization: `Bearer ${declared.memberKey}`, 'content-type': 'application/json' };
  const path = `${url}/v1/teams/${team}/declarations`;
  const { version, parts } = (await (await fetch(path, { headers })).json()) as {
    version: number;
    parts: DeclarationParts;
  };
  const body = JSON.stringify({ version, parts: change(parts) });
  const answer = await fetch(path, { method: 'PUT', headers, body });
  if (!answer.ok) throw new Error(await answer.text());
  return parts;
}

async function addMembers({ api, team }: ReadyGateway): Promise<void> {
  const roles = { owner: 'owner', second: 'owner', admin: 'admin', developer: 'developer', viewer: 'viewer' } as const;
  for (const [name, role] of Object.entries(roles)) {
    const body = { name, email: `${name}@example.com`, role };
    const { id } = await api.call<{ id: string }>('POST', `/v1/teams/${team}/members`, body);
    declared.members[name as keyof typeof roles] = id;
  }
  const { key } = await api.call<{ key: string }>('POST', `/v1/teams/${team}/api-keys`, {
    name: 'of the owner',
    memberId: declared.members.owner,
    permissions: ['reviews:read', 'reviews:write'],
    expiresAt: new Date(Date.now() + 90 * 86_400_000).toISOString(),
  });
  declared.memberKey = key;
}

async function describeTypes({ api, team }: ReadyGateway): Promise<void> {
  const types = await api.call<{ data: { name: string; operational: boolean; schema: unknown }[] }>(
    'GET',
    `/v1/teams/${team}/event-types?limit=500`,
  );
  for (const { name } of types.data.filter((type) => !type.operational && type.schema === null)) {
    const described = { schema: { type: 'object' }, example: {} };
    await api.call('PATCH', `/v1/teams/${team}/event-types/${encodeURIComponent(name)}`, described);
  }
}

async function bringWebhooks(gateway: ReadyGateway): Promise<void> {
  const { ids, pool } = gateway;
  for (const [event, envelopeId] of [
    ['DOCUMENT_COMPLETED', 'envelope_1'],
    ['DOCUMENT_REJECTED', 'envelope_2'],
  ] as const) {
    const recipients = [{ id: 1, email: 'ada@example.com', name: 'Ada' }];
    const payload = { id: 1, envelopeId, teamId: documensoTeam, title: 'Contract', recipients };
    const body = JSON.stringify({ event, payload, createdAt: new Date().toISOString() });
    await gateway.postSigned(declared.documensoSource, body, 'x-documenso-secret', documensoSecret);
  }
  const documents = ['doc_1', 'doc_2', 'doc_3'];
  const news = [
    { event: 'transaction.failed', data: { transaction_id: randomUUID() } },
    ...documents.map((document_id) => ({ event: 'document.received', data: { document_id } })),
  ];
  for (const each of news) {
    const body = JSON.stringify({ ...each, event_id: randomUUID(), organization_id: organisation });
    const status = await gateway.postSigned(
      ids.gorouteSource,
      body,
      'x-goroute-signature',
      gorouteSignature(gateway, body),
    );
    if (status !== 200) throw new Error(`GoRoute's webhook was answered ${status}`);
  }
  // What went through the spool, as on a busy machine it may, is an event a moment later.
  await until('the received documents to be on record', async () => {
    const { rows } = await pool.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM event WHERE type = 'document.received'`,
    );
    return rows[0]?.count === documents.length;
  });
  for (let reads = 0; reads < 9; reads += 1) {
    for (const each of documents) await gateway.call(ids.goroute, `/api/v1/documents/${each}/download`);
  }
  // Own reads of checks are calls too: enough for what is only decided from a hundred on.
  for (let reads = 0; reads < 110; reads += 1) await gateway.call(ids.goroute, '/api/v1/transactions');
  for (let reads = 0; reads < 300; reads += 1) await gateway.call(ids.documenso, '/api/v2/envelope?page=1&perPage=1');
  await until('everything to be delivered and on record', async () => {
    const { rows } = await pool.query<{ done: boolean }>(
      `SELECT (SELECT count(*) FROM delivery WHERE state = 1) = 123 AND (SELECT count(*) FROM call WHERE outcome = 0) = 0
        AS done`,
    );
    return rows[0]?.done;
  });
}

function partsOf(gateway: ReadyGateway, limited: readonly string[]): DeclarationParts {
  const { ids } = gateway;
  const today = new Date().toISOString().slice(0, 10);
  const source = ids.gorouteSource;
  const events = ['transaction.delivered', 'transaction.failed'];
  const identifier = { scheme: '0192', value: '974760673', proof: 'Register of Business Enterprises' };
  const personal = (path: string, kind: 'email' | 'name') =>
    ({ eventType: '*', path, class: kind, retentionDays: 30, masking: 'hidden' }) as const;
  return {
    traffic: { of: limited.map((id) => ({ id, perSecond: 20 })) },
    webhooks: [
      { source: declared.documensoSource, needed: ['DOCUMENT_COMPLETED', 'DOCUMENT_REJECTED'] },
      { source, needed: events },
    ],
    registrations: [{ source, url: `https://posthorn.example.com/in/${source}`, active: true, events }],
    addresses: [{ source, addresses: ['127.0.0.1'], statedOn: today, statedBy: 'support' }],
    legalEntity: { name: 'Ready AS', country: 'NO', identifiers: [identifier] },
    participants: [
      { ...identifier, owner: 'own' },
      { scheme: '0088', value: '7300010000001', owner: 'partner' },
    ],
    exchange: {
      countries: ['NO'],
      documentTypes: [
        { name: 'invoice', identifier: invoiceType },
        { name: 'credit note', identifier: creditNoteType },
      ],
    },
    providers: [
      { connection: ids.documenso, organisation: String(documensoTeam) },
      { connection: ids.goroute, organisation },
    ],
    paidPlans: [{ connection: launchOf(gateway).connection, plans: ['Personal - Annual'], envelopesPer30Days: 500 }],
    fields: [personal('/payload/recipients/*/email', 'email'), personal('/payload/recipients/*/name', 'name')],
    roles: { reviewedOn: today, reasons: [] },
  };
}
