import { generateKeyPairSync } from 'node:crypto';
import docusign from 'docusign-esign';
import { expect, test } from 'vitest';
import { pdfOf, startFor, systemClock } from './webhook-inbox.ts';

const { publicKey: publicKeyPem } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** DocuSign's own client, signed in to a simulated account. */
async function open(options: Partial<Parameters<typeof startFor<'docusign'>>[0]> = {}) {
  const simulator = await startFor({
    provider: 'docusign',
    publicKeyPem,
    seed: 'plan',
    clock: systemClock,
    ...options,
  });
  const { api } = simulator.world;
  const client = new docusign.ApiClient();
  client.setBasePath(`${simulator.url}/restapi`);
  client.addDefaultHeader('Authorization', `Bearer ${api.issueToken(Date.now())}`);
  return { simulator, api, client, accountId: api.accountId };
}

const draft = (signer: object, more: object = {}) => ({
  envelopeDefinition: {
    status: 'created',
    emailSubject: 'A draft',
    documents: [{ documentId: '1', name: 'Lease', documentBase64: pdfOf('lease').toString('base64') }],
    recipients: { signers: [{ recipientId: '1', name: 'Noor Aziz', email: 'noor@example.com', ...signer }] },
    ...more,
  },
});

test('a draft is answered with what was asked of it, listed among drafts, and deleted by the recycle bin', async () => {
  const { client, accountId, simulator } = await open();
  const envelopes = new docusign.EnvelopesApi(client);
  const { identityVerification } = await new docusign.AccountsApi(client).getAccountIdentityVerification(accountId);
  const [workflow] = identityVerification ?? [];
  const asked = { identityVerification: { workflowId: workflow?.workflowId } };
  const made = await envelopes.createEnvelope(accountId, draft(asked, { brandId: 'b' }));
  const id = String(made.envelopeId);
  expect(made.status).toBe('created');

  const read = await envelopes.getEnvelope(accountId, id, { include: 'recipients,tabs' });
  expect(read).toMatchObject({ status: 'created', brandId: 'b', recipients: { signers: [asked] } });
  expect(read.sentDateTime).toBeUndefined();
  const list = async (): Promise<(string | undefined)[]> => {
    const fromDate = new Date(Date.now() - 60_000).toISOString();
    const { envelopes: found } = await envelopes.listStatusChanges(accountId, { fromDate, folderIds: 'drafts' });
    return (found ?? []).map(({ envelopeId }) => envelopeId);
  };
  expect(await list()).toEqual([id]);
  await new docusign.FoldersApi(client).moveEnvelopes(accountId, 'recyclebin', {
    foldersRequest: { envelopeIds: [id] },
  });
  expect(await list()).toEqual([]);
  expect(simulator.world.subjects()).toMatchObject([{ id, status: 'deleted' }]);
});

test('a list for bulk sending is made, tried against a draft, and deleted', async () => {
  const { client, accountId } = await open();
  const bulk = new docusign.BulkEnvelopesApi(client);
  const { envelopeId } = await new docusign.EnvelopesApi(client).createEnvelope(accountId, draft({}));
  const bulkCopies = [{ recipients: [{ recipientId: '1', name: 'Noor Aziz', email: 'noor@example.com' }] }];
  const { listId } = await bulk.createBulkSendList(accountId, { bulkSendingList: { name: 'All', bulkCopies } });
  const bulkSendRequest = { envelopeOrTemplateId: envelopeId };
  const tried = await bulk.createBulkSendTestRequest(accountId, String(listId), { bulkSendRequest });
  expect(tried.canBeSent).toBe(true);
  await bulk.deleteBulkSendList(accountId, String(listId));
  expect((await bulk.getBulkSendLists(accountId)).bulkListSummaries).toEqual([]);
});

test('what the plan lacks is refused with its code, or taken and left out', async () => {
  const { client, accountId, api } = await open({ planLacks: ['sms-delivery'] });
  const envelopes = new docusign.EnvelopesApi(client);
  const sms = { additionalNotifications: [{ secondaryDeliveryMethod: 'SMS' }] };
  const refusal = await envelopes.createEnvelope(accountId, draft(sms)).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ response: { status: 400, data: { errorCode: 'PLAN_ITEM_NOT_ENABLED' } } });
  expect(await envelopes.createEnvelope(accountId, draft({}))).toMatchObject({ status: 'created' });

  api.setPlan({ dropped: ['sms-delivery'] });
  const { envelopeId } = await envelopes.createEnvelope(accountId, draft(sms));
  const { signers } = await envelopes.listRecipients(accountId, String(envelopeId));
  expect(signers?.[0]).toMatchObject({ name: 'Noor Aziz' });
  expect(Object.keys(signers?.[0] ?? {})).not.toContain('additionalNotifications');
});
