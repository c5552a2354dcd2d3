import { Documenso } from '@documenso/sdk-typescript';
import * as errors from '@documenso/sdk-typescript/models/errors/index.js';
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { openInbox, pdfOf, startFor, systemClock } from './webhook-inbox.ts';

/** The provider's own client, as its README makes one. */
async function open(options: Partial<Parameters<typeof startFor<'documenso'>>[0]> = {}) {
  const simulator = await startFor({ provider: 'documenso', seed: 'sdk', clock: systemClock, ...options });
  const { apiToken } = simulator.world.api;
  return { simulator, sdk: new Documenso({ apiKey: apiToken, serverURL: `${simulator.url}/api/v2` }) };
}

const field = { type: 'SIGNATURE', page: 1, positionX: 10, positionY: 20, width: 30, height: 5 } as const;
const payload = {
  title: 'Lease',
  type: 'DOCUMENT',
  externalId: 'lease-1',
  recipients: [
    {
      name: 'Noor Aziz',
      email: 'noor@example.com',
      role: 'SIGNER',
      signingOrder: 1,
      fields: [{ ...field, identifier: 0 }],
    },
    { name: 'Luca Ferri', email: 'luca@example.com', role: 'CC' },
  ],
  meta: { subject: 'Please sign' },
} as const;
const files = () => [{ fileName: 'lease.pdf', content: new Uint8Array(pdfOf('lease')) }];
const create = (sdk: Documenso) =>
  sdk.envelopes.create({
    payload: { ...payload, recipients: structuredClone([...payload.recipients]) as never },
    files: files(),
  });

test("Documenso's own client creates, sends, finds, and sees a document through to its completion", async () => {
  const inbox = await openInbox();
  const { simulator, sdk } = await open({ webhook: { url: inbox.url, secret: 'correct horse' } });
  const { id } = await create(sdk);
  const draft = await sdk.envelopes.get({ envelopeId: id });
  expect(draft).toMatchObject({ id, status: 'DRAFT', title: 'Lease', externalId: 'lease-1' });
  expect(draft.recipients.map(({ email, role }) => [email, role])).toEqual([
    ['noor@example.com', 'SIGNER'],
    ['luca@example.com', 'CC'],
  ]);
  expect(draft.fields).toMatchObject([{ type: 'SIGNATURE', recipientId: draft.recipients[0]?.id, inserted: false }]);

  const sent = await sdk.envelopes.distribute({ envelopeId: id });
  expect(sent).toMatchObject({ success: true, id });
  expect(sent.recipients[0]?.signingUrl).toBe(`${simulator.url}/sign/${sent.recipients[0]?.token}`);
  simulator.world.act({ subject: id, who: 'noor@example.com', does: 'open' });
  simulator.world.act({ subject: id, who: 'noor@example.com', does: 'sign', fields: { sealedFirst: false } });

  const found = await sdk.envelope.envelopeFind({ query: 'lease-1', status: 'COMPLETED' });
  expect(found).toMatchObject({ count: 1, currentPage: 1, perPage: 10, totalPages: 1 });
  expect(found.data[0]).toMatchObject({ id, status: 'COMPLETED' });
  const many = await sdk.envelope.envelopeGetMany({ ids: { type: 'envelopeId', ids: [id, 'envelope_nowhere'] } });
  expect(many.data.map((each) => each.id)).toEqual([id]);

  await until('all webhooks', () => inbox.received.length === 6);
  expect(inbox.events()).toEqual([
    'DOCUMENT_CREATED',
    'DOCUMENT_SENT',
    'DOCUMENT_OPENED',
    'DOCUMENT_RECIPIENT_COMPLETED',
    'DOCUMENT_SIGNED',
    'DOCUMENT_COMPLETED',
  ]);
  expect(inbox.received[0]?.headers['x-documenso-secret']).toBe('correct horse');
  const last = JSON.parse(String(inbox.received[5]?.body));
  expect(last.payload).toMatchObject({ envelopeId: id, status: 'COMPLETED', externalId: 'lease-1' });
});

test('its recipients and fields are added, changed and removed', async () => {
  const { sdk } = await open();
  const { id } = await create(sdk);
  const { data } = await sdk.envelopes.recipients.createMany({
    envelopeId: id,
    data: [{ name: 'Kenji Tanaka', email: 'kenji@example.com', role: 'APPROVER' }],
  });
  const recipientId = data[0]?.id ?? 0;
  await sdk.envelopes.recipients.updateMany({ envelopeId: id, data: [{ id: recipientId, name: 'Kenji T.' }] });
  const made = await sdk.envelopes.fields.createMany({ envelopeId: id, data: [{ ...field, recipientId }] });
  const fieldId = made.data[0]?.id ?? 0;
  await sdk.envelopes.fields.updateMany({ envelopeId: id, data: [{ id: fieldId, type: 'SIGNATURE', positionX: 44 }] });
  expect(await sdk.envelopes.fields.get({ fieldId })).toMatchObject({ id: fieldId, positionX: 44, positionY: 20 });
  expect(await sdk.envelopes.recipients.get({ recipientId })).toMatchObject({
    name: 'Kenji T.',
    role: 'APPROVER',
    fields: [{ id: fieldId }],
  });
  await sdk.envelopes.fields.delete({ fieldId });
  await sdk.envelopes.recipients.delete({ recipientId });
  const left = await sdk.envelopes.get({ envelopeId: id });
  expect([left.recipients.length, left.fields.length]).toEqual([2, 1]);
});

test('its templates are used, and its copies are drafts of their own', async () => {
  const inbox = await openInbox();
  const { sdk } = await open({ webhook: { url: inbox.url } });
  const template = await sdk.envelopes.create({
    payload: { ...payload, type: 'TEMPLATE', recipients: structuredClone([...payload.recipients]) as never },
    files: files(),
  });
  const whole = await sdk.envelopes.get({ envelopeId: template.id });
  const recipients = [{ id: whole.recipients[0]?.id ?? 0, email: 'amara@example.com', name: 'Amara Okafor' }];
  const used = await sdk.envelopes.use({
    payload: { envelopeId: template.id, recipients, distributeDocument: true, externalId: 'from-template' },
  });
  expect(used.recipients[0]).toMatchObject({ email: 'amara@example.com', name: 'Amara Okafor' });
  const document = await sdk.envelopes.get({ envelopeId: used.id });
  expect(document).toMatchObject({
    type: 'DOCUMENT',
    source: 'TEMPLATE',
    status: 'PENDING',
    externalId: 'from-template',
  });
  expect(document.fields).toHaveLength(1);
  const copy = await sdk.envelopes.duplicate({ envelopeId: used.id });
  expect(await sdk.envelopes.get({ envelopeId: copy.id })).toMatchObject({ status: 'DRAFT', title: 'Lease' });
  await until('all webhooks', () => inbox.received.length === 5);
  const told = ['TEMPLATE_CREATED', 'DOCUMENT_CREATED', 'TEMPLATE_USED', 'DOCUMENT_SENT', 'DOCUMENT_CREATED'];
  expect(inbox.events()).toEqual(told);
});

// Deprecated is what they are, and what applications still call.
/* oxlint-disable typescript/no-deprecated */
test('the older calls of its client work on the same documents', async () => {
  const { sdk } = await open();
  const { id } = await create(sdk);
  const listed = await sdk.documents.find({});
  const documentId = listed.data[0]?.id ?? 0;
  expect(listed.data[0]).toMatchObject({ envelopeId: id, status: 'DRAFT' });
  expect(await sdk.documents.distribute({ documentId })).toMatchObject({ status: 'PENDING' });
  expect(await sdk.documents.get({ documentId })).toMatchObject({ title: 'Lease', envelopeId: id });
  expect(await sdk.documents.delete({ documentId })).toEqual({ success: true });
  expect((await sdk.documents.find({})).count).toBe(0);
});
/* oxlint-enable typescript/no-deprecated */

test('what it cancels it cannot cancel again, and its client knows the errors', async () => {
  const { sdk } = await open();
  const { id } = await create(sdk);
  await sdk.envelopes.distribute({ envelopeId: id });
  await sdk.envelopes.redistribute({ envelopeId: id, recipients: [] });
  expect(await sdk.envelope.envelopeCancel({ envelopeId: id })).toEqual({ success: true });
  const again = await sdk.envelope.envelopeCancel({ envelopeId: id }).catch((error: unknown) => error);
  expect(again).toBeInstanceOf(errors.EnvelopeCancelBadRequestError);
  expect(again).toMatchObject({ statusCode: 400, code: 'BAD_REQUEST' });
  await sdk.envelopes.delete({ envelopeId: id });
  const gone = await sdk.envelopes.get({ envelopeId: id }).catch((error: unknown) => error);
  expect(gone).toBeInstanceOf(errors.EnvelopeGetNotFoundError);
  const stranger = new Documenso({
    apiKey: 'api_other',
    serverURL: `${new URL(String((again as { rawResponse: Response }).rawResponse.url)).origin}/api/v2`,
  });
  await expect(stranger.envelopes.get({ envelopeId: id })).rejects.toBeInstanceOf(errors.EnvelopeGetUnauthorizedError);
});

test('its client 0.9.1 asks for downloads and refuses the PDF that Documenso sends', async () => {
  const { sdk } = await open();
  const { id } = await create(sdk);
  const envelopeItemId = (await sdk.envelopes.get({ envelopeId: id })).envelopeItems[0]?.id ?? '';
  const refused = await sdk.envelopes.items.download({ envelopeItemId }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(errors.APIError);
  expect(refused).toMatchObject({ statusCode: 200, contentType: 'application/pdf', body: String(pdfOf('lease')) });
});
