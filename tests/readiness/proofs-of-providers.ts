import { randomBytes, randomUUID } from 'node:crypto';
import { until } from '../support/until.ts';
import { deployRelease, verifyRelease } from './prepare-deployments.ts';
import { inTurn, ofId, patch, type Proof, putBack, sql, takeAway } from './proof.ts';
import { answerAsProviders, answerOf, envelopesPath } from './provider-answers.ts';
import { gorouteSignature, type ReadyGateway } from './ready-gateway.ts';

const sandbox = ofId('sandbox');
const documenso = ofId('documenso');
const goroute = ofId('gorouteSource');
const docusignSource = ofId('docusignSource');
const documensoPath = ({ ids }: ReadyGateway): string => `connections/${ids.documenso}`;
const gorouteSourcePath = ({ ids }: ReadyGateway): string => `sources/${ids.gorouteSource}`;
const limitsOf = (limit: number) => ({
  policy: { budget: { limits: ['v1', 'v2'].map((name) => ({ name, limit, windowMs: 60_000 })) } },
});
const enoughCleanCalls = (gateway: ReadyGateway): Promise<void> => gateway.makeCleanCalls(20);
const ended = ({ pool }: ReadyGateway): Promise<unknown> =>
  until('calls to be on record', async () => {
    const { rows } = await pool.query<{ open: number }>('SELECT count(*)::integer AS open FROM call WHERE outcome = 0');
    return rows[0]?.open === 0;
  });
/** A completed envelope, of which nothing but its documents was read. */
const knownEnvelope = async ({ pool }: ReadyGateway): Promise<string> => {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT ordering_key AS id FROM event WHERE type = 'envelope-completed' ORDER BY id LIMIT 1`,
  );
  return rows[0]?.id ?? '';
};
const oneCompleted = `id = (SELECT id FROM event WHERE source_id = $1 AND type = 'envelope-completed' ORDER BY id DESC LIMIT 1)`;
const eventColumns =
  'team_id, id, type, content_type, body, ordering_key, occurred_at, source_id, external_id, coverage, credential, blob_key, body_bytes';
const callColumns = `team_id, id, connection_id, node, outcome, provider, environment, api_key_id, origin, method, operation,
  template, subject, resource, path, counted, status, answered, error, error_code, tries_count, tries, queue_ms, dns_ms,
  connect_ms, tls_ms, first_byte_ms, total_ms, request_bytes, response_bytes, cache, polling, repeats_id, repeats_ago_ms,
  repeats_pattern, credential_id, credential_kind, rate_headers, ended_at`;

export const proofsOfProviders: readonly Proof[] = [
  {
    check: 'connection.credential.only-in-store',
    subject: documenso,
    plant: async ({ url, ids, secrets, pool, environment }) => {
      const answer = await fetch(`${url}/egress/${ids.documenso}/api/v2/envelope?page=1&perPage=1`, {
        headers: {
          authorization: `Bearer ${environment['POSTHORN_OPERATOR_KEY'] ?? ''}`,
          'x-documenso-token': secrets.productionToken,
        },
      });
      await answer.arrayBuffer();
      await until('the credential to be noticed', async () => {
        const { rowCount } = await pool.query(`SELECT FROM brought_credential WHERE kind = 'own'`);
        return rowCount === 1;
      });
    },
    // As if the days had gone by.
    mend: sql(
      `UPDATE brought_credential SET last_at = last_at - interval '8 days' WHERE connection_id = $1`,
      documenso,
    ),
  },
  {
    check: 'docusign.golive.twenty-clean-calls',
    subject: sandbox,
    plant: async (gateway) => {
      gateway.world.answer(({ host }) =>
        host === 'demo.docusign.net' ? { status: 400, body: { errorCode: 'INVALID_REQUEST_PARAMETER' } } : undefined,
      );
      await gateway.makeCleanCalls(1);
      answerAsProviders(gateway.world);
      await gateway.makeCleanCalls(9);
      await ended(gateway);
    },
    mend: inTurn(enoughCleanCalls, ended),
  },
  {
    check: 'docusign.golive.no-polling',
    subject: sandbox,
    insteadOf: 'two minutes between the reads: seconds, and nobody has to wait',
    plant: async (gateway) => {
      const envelope = await knownEnvelope(gateway);
      for (let read = 0; read < 3; read += 1)
        await gateway.call(gateway.ids.sandbox, `${envelopesPath}/${envelope}/notification`);
      await ended(gateway);
    },
    mend: inTurn(enoughCleanCalls, ended),
  },
  {
    check: 'docusign.golive.list-read-once',
    subject: sandbox,
    plant: async (gateway) => {
      const path = `${envelopesPath}/${await knownEnvelope(gateway)}/documents`;
      for (const each of [path, `${path}/1`, path, `${path}/2`]) await gateway.call(gateway.ids.sandbox, each);
      await ended(gateway);
    },
    mend: inTurn(enoughCleanCalls, ended),
  },
  {
    check: 'docusign.auth.oauth2-only',
    subject: sandbox,
    plant: sql(
      `UPDATE call SET credential_kind = 'header' WHERE id = (SELECT min(id::text)::uuid FROM call WHERE connection_id = $1)`,
      sandbox,
    ),
    mend: sql(
      `UPDATE call SET credential_kind = 'docusign-jwt' WHERE connection_id = $1 AND credential_kind = 'header'`,
      sandbox,
    ),
  },
  {
    check: 'docusign.updates.by-connect',
    subject: sandbox,
    plant: takeAway('event', oneCompleted, docusignSource),
    mend: putBack('event', eventColumns),
  },
  {
    check: 'docusign.production.base-urls',
    subject: ofId('docusign'),
    plant: sql(`UPDATE connection SET base_url = 'https://demo.docusign.net/restapi' WHERE id = $1`, ofId('docusign')),
    mend: sql('UPDATE connection SET base_url = NULL WHERE id = $1', ofId('docusign')),
    related: ['connection.credential.is-production'],
  },
  {
    check: 'documenso.api.answers-200',
    subject: documenso,
    // What opens no breaker, which would go on refusing once it is mended.
    insteadOf: 'Lists are answered 404.',
    plant: ({ world }) => {
      world.answer((asked) => (asked.host === 'app.documenso.com' ? { status: 404, body: {} } : answerOf(asked)));
      return Promise.resolve();
    },
    mend: ({ world }) => {
      answerAsProviders(world);
      return Promise.resolve();
    },
    related: ['documenso.team.one-production-team', 'documenso.webhook.none-missed'],
  },
  {
    check: 'documenso.verify.ran-before-deployment',
    subject: documenso,
    plant: (gateway) => deployRelease(gateway, '1.1.0'),
    mend: inTurn(
      (gateway) => verifyRelease(gateway, '1.1.0'),
      (gateway) => deployRelease(gateway, '1.1.0'),
    ),
  },
  {
    check: 'goroute.api.production-address-answers',
    subject: ofId('goroute'),
    plant: sql(`UPDATE connection SET base_url = 'https://app.goroute.ai/another' WHERE id = $1`, ofId('goroute')),
    mend: sql('UPDATE connection SET base_url = NULL WHERE id = $1', ofId('goroute')),
  },
  {
    check: 'goroute.webhook.one-event-per-id',
    subject: goroute,
    insteadOf: 'another dedupe key, which no option can set: two events of one id are there all the same',
    plant: sql(
      `UPDATE event SET external_id = (SELECT external_id FROM event WHERE source_id = $1 ORDER BY id LIMIT 1)
        WHERE id = (SELECT id FROM event WHERE source_id = $1 ORDER BY id DESC LIMIT 1)`,
      goroute,
    ),
    mend: sql(
      `UPDATE event SET external_id = gen_random_uuid()::text
        WHERE id = (SELECT id FROM event WHERE source_id = $1 ORDER BY id DESC LIMIT 1)`,
      goroute,
    ),
  },
  {
    check: 'call.stays-within-provider-limits',
    subject: documenso,
    plant: patch(documensoPath, limitsOf(2_000)),
    mend: patch(documensoPath, limitsOf(800)),
  },
  {
    check: 'connection.credential.is-production',
    subject: documenso,
    plant: patch(documensoPath, ({ secrets }) => ({
      credentials: [{ name: '1', fields: { token: secrets.sandboxToken } }],
    })),
    mend: inTurn(
      patch(documensoPath, ({ secrets }) => ({
        credentials: [{ name: '1', fields: { token: secrets.productionToken } }],
      })),
      // Both tokens are in use again, so that neither was replaced.
      ({ api, team, ids }) => api.call('POST', `/v1/teams/${team}/connections/${ids.documenso}/closing-probes`),
    ),
    related: ['connection.credential.old-ones-refused'],
  },
  {
    check: 'audit.calls-all-recorded',
    subject: sandbox,
    plant: inTurn(
      sql(
        `UPDATE connection_credential_use SET last_used_at = last_used_at - interval '1 minute' WHERE connection_id = $1`,
        sandbox,
      ),
      takeAway('call', 'id = (SELECT min(id::text)::uuid FROM call WHERE connection_id = $1)', sandbox),
    ),
    mend: putBack('call', callColumns),
  },
  {
    check: 'http.connections-reused',
    subject: documenso,
    plant: sql(
      `UPDATE call SET connect_ms = 5 WHERE id IN (SELECT id FROM call WHERE connection_id = $1 ORDER BY id LIMIT 90)`,
      documenso,
    ),
    mend: sql('UPDATE call SET connect_ms = NULL WHERE connection_id = $1', documenso),
  },
  {
    check: 'webhook.secret.configured-and-verifying',
    subject: docusignSource,
    insteadOf: 'verification turned off, which no setting can: an event that nothing verified is there all the same',
    plant: sql(`UPDATE event SET coverage = NULL, credential = NULL WHERE ${oneCompleted}`, docusignSource),
    mend: sql(`UPDATE event SET coverage = 1, credential = '1' WHERE ${oneCompleted}`, docusignSource),
  },
  {
    check: 'source.acceptance-rate-tracked',
    subject: goroute,
    plant: inTurn(patch(gorouteSourcePath, { bodyMaxBytes: 1_000 }), async (gateway) => {
      const { ids, pool } = gateway;
      await until('a genuine webhook to be refused as too large', async () => {
        const data = { transaction_id: randomUUID(), note: randomBytes(1_000).toString('hex') };
        const body = JSON.stringify({ event: 'transaction.delivered', event_id: randomUUID(), data });
        const signature = gorouteSignature(gateway, body);
        return (await gateway.postSigned(ids.gorouteSource, body, 'x-goroute-signature', signature)) === 413;
      });
      await until('the refusal to be counted', async () => (await pool.query('SELECT FROM source_rejection')).rowCount);
    }),
    mend: inTurn(
      sql('DELETE FROM source_rejection WHERE source_id = $1', goroute),
      patch(gorouteSourcePath, { bodyMaxBytes: 33_554_432 }),
    ),
  },
];
