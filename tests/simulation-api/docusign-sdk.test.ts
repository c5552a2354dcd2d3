import { generateKeyPairSync } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import docusign from 'docusign-esign';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Authority, createAuthority } from '../support/certificates.ts';
import { until } from '../support/until.ts';
import { openInbox, pdfOf, startFor, systemClock } from './webhook-inbox.ts';

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const scopes = ['signature', 'impersonation'];
const usual = getCACertificates('default');
let authority: Authority;

// The client puts https:// before the account server's name, whatever that is.
beforeAll(() => {
  authority = createAuthority();
  setDefaultCACertificates([...usual, authority.caPem]);
});
afterAll(() => {
  setDefaultCACertificates(usual);
  authority.remove();
});

async function open(options: Partial<Parameters<typeof startFor<'docusign'>>[0]> = {}) {
  const tls = authority.issue('IP:127.0.0.1');
  const given = { publicKeyPem: keys.publicKey, isConsentGiven: true, tls, seed: 'sdk', clock: systemClock };
  const simulator = await startFor({ provider: 'docusign', ...given, ...options });
  const client = new docusign.ApiClient();
  client.setOAuthBasePath(new URL(simulator.url).host);
  return { simulator, client, ...simulator.world.api };
}

/** As the quickstart of the client does it: a token by JWT, then the account's own base URL. */
async function signIn({ client, integrationKey, userId }: Awaited<ReturnType<typeof open>>) {
  const { body } = (await client.requestJWTUserToken(
    integrationKey,
    userId,
    scopes,
    Buffer.from(keys.privateKey),
    600,
  )) as {
    body: { access_token: string; expires_in: number; scope: string };
  };
  const user = (await client.getUserInfo(body.access_token)) as {
    sub: string;
    accounts: { accountId: string; isDefault: string; baseUri: string }[];
  };
  const account = user.accounts.find(({ isDefault }) => isDefault === 'true');
  client.setBasePath(`${account?.baseUri}/restapi`);
  client.addDefaultHeader('Authorization', `Bearer ${body.access_token}`);
  return { token: body, user, accountId: account?.accountId ?? '' };
}

const definition = (status: string) => ({
  status,
  emailSubject: 'Please sign the lease',
  documents: [
    { documentId: '1', name: 'Lease', fileExtension: 'pdf', documentBase64: pdfOf('lease').toString('base64') },
    { documentId: '2', name: 'House rules', fileExtension: 'pdf', documentBase64: pdfOf('rules').toString('base64') },
  ],
  recipients: {
    signers: [
      { email: 'noor@example.com', name: 'Noor Aziz', recipientId: '1', routingOrder: '1', clientUserId: 'n1' },
      { email: 'luca@example.com', name: 'Luca Ferri', recipientId: '2', routingOrder: '2' },
    ],
  },
});

test("DocuSign's own client signs in by JWT once the user has consented", async () => {
  const stage = await open({ isConsentGiven: false });
  const { client, integrationKey, userId, simulator } = stage;
  const refusal = await signIn(stage).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ response: { status: 400, data: { error: 'consent_required' } } });

  const consent = new URL(client.getJWTUri(integrationKey, 'http://localhost/done', new URL(simulator.url).host));
  const answer = await fetch(consent, { redirect: 'manual' });
  expect(answer.status).toBe(302);
  expect(answer.headers.get('location')).toMatch(/^http:\/\/localhost\/done\?code=\w+$/);

  const { token, user, accountId } = await signIn(stage);
  expect(token).toMatchObject({ expires_in: 3600, scope: 'signature impersonation' });
  expect(user).toMatchObject({ sub: userId, accounts: [{ accountId: stage.accountId, baseUri: simulator.url }] });
  expect(accountId).toBe(stage.accountId);
});

test('it creates, lists, follows and downloads an envelope, and Connect tells of it', async () => {
  const inbox = await openInbox();
  const stage = await open({ webhook: { url: inbox.url, secret: 'connect key' }, includeDocuments: true });
  const { client, simulator } = stage;
  const { accountId } = await signIn(stage);
  const envelopes = new docusign.EnvelopesApi(client);
  const began = new Date(Date.now() - 60_000).toISOString();

  const made = await envelopes.createEnvelope(accountId, { envelopeDefinition: definition('sent') });
  const envelopeId = made.envelopeId ?? '';
  expect(made).toMatchObject({ status: 'sent', uri: `/envelopes/${envelopeId}` });
  const listed = await envelopes.listStatusChanges(accountId, { fromDate: began });
  expect(listed).toMatchObject({ resultSetSize: '1', envelopes: [{ envelopeId, status: 'sent' }] });
  const recipients = await envelopes.listRecipients(accountId, envelopeId);
  expect(recipients.signers?.map(({ status }) => status)).toEqual(['sent', 'created']);

  const view = await envelopes.createRecipientView(accountId, envelopeId, {
    recipientViewRequest: {
      email: 'noor@example.com',
      userName: 'Noor Aziz',
      clientUserId: 'n1',
      returnUrl: 'http://localhost/done',
      authenticationMethod: 'none',
    },
  });
  expect(await (await fetch(view.url ?? '')).text()).toContain('<button>Sign</button>');
  expect(await (await fetch(view.url ?? '', { method: 'POST' })).text()).toContain('Signed.');
  expect(await envelopes.getEnvelope(accountId, envelopeId)).toMatchObject({ status: 'sent' });
  simulator.world.act({ subject: envelopeId, who: 'luca@example.com', does: 'sign' });
  expect(await envelopes.getEnvelope(accountId, envelopeId)).toMatchObject({ status: 'completed' });

  const documents = await envelopes.listDocuments(accountId, envelopeId);
  expect(documents.envelopeDocuments?.map(({ documentId, name }) => [documentId, name])).toEqual([
    ['1', 'Lease'],
    ['2', 'House rules'],
    ['certificate', 'Summary'],
  ]);
  const download = async (id: string) =>
    (await envelopes.getDocument(accountId, envelopeId, id, {})) as unknown as Buffer;
  const [lease, rules, combined] = [await download('1'), await download('2'), await download('combined')];
  expect(lease.subarray(0, pdfOf('lease').length)).toEqual(pdfOf('lease'));
  expect(combined).toEqual(Buffer.concat([lease, rules]));
  expect((await download('certificate')).subarray(0, 5).toString()).toBe('%PDF-');

  await until('all messages', () => inbox.received.length === 7);
  const [sent, turn, seen, signed, done] = [
    'envelope-sent',
    'recipient-sent',
    'recipient-delivered',
    'recipient-completed',
    'envelope-completed',
  ];
  expect(inbox.events()).toEqual([sent, turn, seen, signed, turn, signed, done]);
  const last = JSON.parse(String(inbox.received.at(-1)?.body));
  expect(last.data).toMatchObject({ accountId, envelopeId, envelopeSummary: { status: 'completed' } });
  expect(Buffer.from(last.data.envelopeSummary.envelopeDocuments[0].PDFBytes, 'base64')).toEqual(lease);
});

test('drafts are sent and envelopes voided by an update, and templates and users are there', async () => {
  const stage = await open();
  const { client, simulator } = stage;
  const { accountId } = await signIn(stage);
  const envelopes = new docusign.EnvelopesApi(client);
  const { envelopeId = '' } = await envelopes.createEnvelope(accountId, { envelopeDefinition: definition('created') });
  await envelopes.update(accountId, envelopeId, { envelope: { status: 'sent' } });
  await envelopes.update(accountId, envelopeId, { envelope: { status: 'voided', voidedReason: 'Mistake' } });
  const voided = await envelopes.getEnvelope(accountId, envelopeId);
  expect(voided).toMatchObject({ status: 'voided', voidedReason: 'Mistake' });
  const again = envelopes.update(accountId, envelopeId, { envelope: { status: 'voided', voidedReason: 'Mistake' } });
  await expect(again).rejects.toMatchObject({ response: { status: 400 } });

  const { envelopeTemplates = [] } = await new docusign.TemplatesApi(client).listTemplates(accountId);
  const templateId = envelopeTemplates[0]?.templateId ?? '';
  const fromTemplate = await envelopes.createEnvelope(accountId, {
    envelopeDefinition: {
      status: 'sent',
      templateId,
      templateRoles: [{ email: 'zofia@example.com', name: 'Zofia Nowak', roleName: 'signer' }],
    },
  });
  expect(fromTemplate.status).toBe('sent');
  const { users } = await new docusign.UsersApi(client).list(accountId);
  expect(users?.map(({ userId }) => userId)).toEqual([stage.userId]);

  simulator.world.api.expireTokens();
  const late = envelopes.getEnvelope(accountId, envelopeId);
  await expect(late).rejects.toMatchObject({
    response: { status: 401, data: { errorCode: 'AUTHORIZATION_INVALID_TOKEN' } },
  });
});
