import type { DeclarationParts } from '../../src/declarations/declaration-schemas.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { declare, declared, ended, invoiceType, listOf } from './declared-gateway.ts';
import { makeDay } from './make-day.ts';
import { asIfLongAgo, inTurn, ofId, patch, type Proof, sql, theGateway, theTeam } from './proof.ts';
import type { ReadyGateway } from './ready-gateway.ts';

const endpoint = ofId('endpoint');
const goroute = ofId('goroute');
const gorouteSource = ofId('gorouteSource');
const documensoSource = (): string => declared.documensoSource;

let before: DeclarationParts = {};
/** Other declarations, and those from before. */
const redeclare = (change: (parts: DeclarationParts) => DeclarationParts) => ({
  plant: async (gateway: ReadyGateway) => {
    before = await declare(gateway, change);
  },
  mend: (gateway: ReadyGateway) => declare(gateway, () => before),
});

/** A provider that answers otherwise. */
const answered = (instead: typeof declared.instead) => ({
  plant: () => {
    declared.instead = instead;
    return Promise.resolve();
  },
  mend: () => {
    declared.instead = () => undefined;
    return Promise.resolve();
  },
});

/** Events of the GoRoute source, each like one that came, with another body. */
const events = (bodies: readonly object[], { type, atMs }: { type: string; atMs: () => number }) => ({
  plant: async ({ pool, ids }: ReadyGateway) => {
    const made = createIdSource({ now: atMs });
    for (const body of bodies) {
      const id = uuidFromId(made.next('evt'));
      await pool.query(`CREATE TABLE IF NOT EXISTS planted (id uuid)`);
      await pool.query('INSERT INTO planted VALUES ($1)', [id]);
      const { rowCount } = await pool.query(
        `INSERT INTO event (team_id, id, type, content_type, body, ordering_key, source_id, external_id, coverage, credential,
            body_bytes)
          SELECT team_id, $2::uuid, $3, content_type, convert_to($4, 'UTF8'), $2::text, source_id, $2::text, coverage, credential,
            length($4) FROM event WHERE source_id = $1 ORDER BY id LIMIT 1`,
        [uuidFromId(ids.gorouteSource), id, type, JSON.stringify(body)],
      );
      if (rowCount !== 1) throw new Error('there is no event to make another like it');
    }
  },
  mend: async ({ pool }: ReadyGateway) => {
    await pool.query('DELETE FROM event WHERE id = ANY (SELECT id FROM planted)');
    await pool.query('DROP TABLE planted');
  },
});

const now = { type: 'document.received', atMs: () => Date.now() };
const dayMs = 86_400_000;
const longOpen = events([{}], { type: 'transaction.created', atMs: () => Date.now() - 1.1 * dayMs });
const roles = (role: (name: 'admin' | 'developer' | 'viewer') => string) =>
  inTurn(
    ...(['admin', 'developer', 'viewer'] as const).map(
      (name) => (gateway: ReadyGateway) =>
        patch(() => `members/${declared.members[name]}`, { role: role(name) })(gateway),
    ),
  );
const url = (path: string) =>
  inTurn(sql(`UPDATE endpoint SET url = 'https://receiver.example.com/${path}' WHERE id = $1`, endpoint), asIfLongAgo);

export const proofsOfDeclarations: readonly Proof[] = [
  { check: 'audit.webhook-changes-traceable', subject: theTeam, plant: url('moved'), mend: url('hook') },
  {
    check: 'access.roles-assigned-narrowly',
    subject: theTeam,
    plant: roles(() => 'owner'),
    mend: roles((name) => name),
  },
  {
    check: 'api-key.unused-ones-revoked',
    subject: theTeam,
    plant: sql(
      `INSERT INTO api_key_use SELECT team_id, id, now() - interval '91 days' FROM api_key WHERE team_id = $1 AND name = 'app'`,
      theTeam,
    ),
    mend: sql(`DELETE FROM api_key_use WHERE team_id = $1 AND last_used_at < now() - interval '90 days'`, theTeam),
  },
  {
    check: 'compliance.audit.retained',
    subject: theGateway,
    plant: ({ pool }) => pool.query('ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_is_final'),
    mend: ({ pool }) => pool.query('ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_is_final'),
  },
  {
    check: 'cache.completed-documents-served-once',
    subject: goroute,
    plant: sql(
      `UPDATE call SET cache = NULL, status = 200, repeats_pattern = 'planted' WHERE connection_id = $1 AND cache = 'hit'`,
      goroute,
    ),
    mend: sql(
      `UPDATE call SET cache = 'hit', status = NULL, repeats_pattern = NULL
        WHERE connection_id = $1 AND repeats_pattern = 'planted'`,
      goroute,
    ),
  },
  {
    check: 'goroute.transactions.settled',
    subject: goroute,
    plant: inTurn(({ pool }) => makeDay(pool, Date.now() - 1.1 * dayMs), longOpen.plant),
    mend: longOpen.mend,
  },
  {
    check: 'documenso.webhook.none-missed',
    subject: ofId('documenso'),
    insteadOf: 'a webhook that is dropped before it is stored: a document is completed of which none came',
    ...answered(({ path }) =>
      path.includes('status=COMPLETED') ? listOf(ended('envelope_1'), ended('envelope_3')) : undefined,
    ),
  },
  {
    check: 'documenso.webhook.events-match-use',
    subject: documensoSource,
    insteadOf: 'DOCUMENT_REJECTED, which came: DOCUMENT_CANCELLED is needed, and is not chosen',
    ...redeclare((parts) => ({
      ...parts,
      webhooks: (parts.webhooks ?? []).map((each) =>
        each.source === declared.documensoSource ? { ...each, needed: [...each.needed, 'DOCUMENT_CANCELLED'] } : each,
      ),
    })),
  },
  {
    check: 'documenso.team.one-production-team',
    subject: ofId('documenso'),
    ...answered(({ path }) =>
      path.includes('perPage=20') && !path.includes('status=') ? listOf(ended('envelope_9', 99)) : undefined,
    ),
  },
  {
    check: 'goroute.account.production-organisation',
    subject: goroute,
    ...answered(({ path }) =>
      path.endsWith('/organizations')
        ? { status: 200, body: { organizations: [{ id: 'org_sister', participants: [] }] } }
        : undefined,
    ),
  },
  {
    check: 'goroute.identifiers.valid-and-own',
    subject: theTeam,
    insteadOf: 'a wrong check digit that is entered, which is refused: it is in the database',
    plant: sql(
      `UPDATE declaration SET parts = jsonb_set(parts, '{participants,1,value}', '"7300010000002"') WHERE team_id = $1`,
      theTeam,
    ),
    mend: sql(
      `UPDATE declaration SET parts = jsonb_set(parts, '{participants,1,value}', '"7300010000001"') WHERE team_id = $1`,
      theTeam,
    ),
  },
  {
    check: 'goroute.participant.registered',
    subject: goroute,
    ...answered(({ path }) =>
      path.includes('0088') ? { status: 200, body: { found: false, capabilities: [] } } : undefined,
    ),
  },
  {
    check: 'goroute.participant.document-types',
    subject: goroute,
    ...answered(({ path }) =>
      path.includes('0192') ? { status: 200, body: { found: true, capabilities: [invoiceType] } } : undefined,
    ),
  },
  {
    check: 'goroute.traffic.no-test-data',
    subject: goroute,
    ...events([{ event: 'document.received', data: { receiver: '9915:phase4-test-receiver' } }], now),
  },
  {
    check: 'goroute.webhook.registered-for-production',
    subject: gorouteSource,
    ...redeclare((parts) => ({
      ...parts,
      registrations: (parts.registrations ?? []).map((each) => ({
        ...each,
        url: 'https://staging.example.com/in/src',
      })),
    })),
  },
  {
    check: 'goroute.webhook.source-addresses-allowed',
    subject: gorouteSource,
    ...redeclare((parts) => ({
      ...parts,
      addresses: (parts.addresses ?? []).map((each) => ({ ...each, addresses: ['127.0.0.1', '192.0.2.7'] })),
    })),
  },
  {
    check: 'network.ip-allow-list-configured',
    subject: gorouteSource,
    plant: patch(({ ids }) => `sources/${ids.gorouteSource}`, { allowAddresses: ['0.0.0.0/0'] }),
    mend: patch(({ ids }) => `sources/${ids.gorouteSource}`, { allowAddresses: ['127.0.0.1'] }),
    related: ['goroute.webhook.source-addresses-allowed'],
  },
  {
    check: 'network.rate-limits-fit-traffic',
    subject: theTeam,
    plant: patch(({ ids }) => `sources/${ids.docusignSource}`, { rateLimit: null }),
    mend: patch(({ ids }) => `sources/${ids.docusignSource}`, { rateLimit: { perSecond: 100 } }),
  },
  {
    check: 'compliance.privacy.fields-classified',
    subject: theTeam,
    ...events(
      Array.from({ length: 12 }, () => ({ event: 'document.received', data: { account: 'NO93 8601 1117 947' } })),
      now,
    ),
  },
];
