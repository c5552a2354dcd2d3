import { inventPerson, inventTitle, type Person } from '../people.rules.ts';
import { makePdf } from '../pdf.rules.ts';
import { characters, type Random, uuid, wholeBetween } from '../random.rules.ts';
import type { Scenario } from '../simulator.ts';

export const docusignRoles = ['signer', 'carbonCopy'] as const;

export type DocusignRecipient = Person & {
  /** What the scenario calls this person. */
  key: string;
  role: (typeof docusignRoles)[number];
  recipientId: string;
  recipientIdGuid: string;
  userId: string;
  routingOrder: number;
  status: 'created' | 'sent' | 'delivered' | 'completed' | 'declined' | 'autoresponded';
  sentAtMs: number | null;
  deliveredAtMs: number | null;
  signedAtMs: number | null;
  declinedReason: string | null;
};

export type DocusignFile = { documentId: string; documentIdGuid: string; name: string; pdf: Buffer | null };

export type DocusignEnvelope = {
  envelopeId: string;
  status: 'created' | 'sent' | 'delivered' | 'completed' | 'declined' | 'voided' | 'deleted';
  emailSubject: string;
  documentId: string;
  documentIdGuid: string;
  certificateIdGuid: string;
  createdAtMs: number;
  changedAtMs: number;
  sentAtMs: number | null;
  deliveredAtMs: number | null;
  completedAtMs: number | null;
  voidedReason: string | null;
  purged: boolean;
  /** In their order, where they are known one by one; otherwise there is one, of `documentId`. */
  files?: readonly DocusignFile[];
  recipients: readonly DocusignRecipient[];
};

/** The account whose Connect configuration sends. */
export type DocusignAccount = { accountId: string; userId: string; configurationId: number; sender: Person };

export function makeAccount(random: Random): DocusignAccount {
  return {
    accountId: uuid(random),
    userId: uuid(random),
    configurationId: wholeBetween(random, 10_000_000, 99_999_999),
    sender: inventPerson(random),
  };
}

export function makeEnvelope(scenario: Scenario, random: Random, nowMs: number): DocusignEnvelope {
  const { subject, signingOrder } = scenario.about;
  const recipients = scenario.people.map((member, index): DocusignRecipient => {
    const invented = inventPerson(random);
    return {
      key: member.key,
      role: member.role === 'carbonCopy' ? 'carbonCopy' : 'signer',
      name: member.name ?? invented.name,
      email: member.email ?? invented.email,
      recipientId: String(index + 1),
      recipientIdGuid: uuid(random),
      userId: uuid(random),
      routingOrder: signingOrder === 'SEQUENTIAL' ? index + 1 : 1,
      status: 'created',
      sentAtMs: null,
      deliveredAtMs: null,
      signedAtMs: null,
      declinedReason: null,
    };
  });
  return {
    envelopeId: uuid(random),
    status: 'created',
    emailSubject: typeof subject === 'string' ? subject : `Please sign: ${inventTitle(random)}`,
    documentId: characters(random, 1, '123456789'),
    documentIdGuid: uuid(random),
    certificateIdGuid: uuid(random),
    createdAtMs: nowMs,
    changedAtMs: nowMs,
    sentAtMs: null,
    deliveredAtMs: null,
    completedAtMs: null,
    voidedReason: null,
    purged: false,
    recipients,
  };
}

/**
 * The `envelopeSummary` of a message: every scalar is a string, booleans and numbers too.
 * `pdfSizeBytes` puts a PDF of that size in, as base64, once the envelope is completed.
 */
export function envelopeSummary(
  envelope: DocusignEnvelope,
  account: DocusignAccount,
  pdfSizeBytes: number | null,
): object {
  const path = `/envelopes/${envelope.envelopeId}`;
  const ofRole = (role: DocusignRecipient['role']) =>
    envelope.recipients.filter((each) => each.role === role).map(recipientSummary);
  const { recipients } = envelope;
  return {
    status: envelope.status,
    documentsUri: `${path}/documents`,
    recipientsUri: `${path}/recipients`,
    attachmentsUri: `${path}/attachments`,
    envelopeUri: path,
    emailSubject: envelope.emailSubject,
    envelopeId: envelope.envelopeId,
    signingLocation: 'online',
    customFieldsUri: `${path}/custom_fields`,
    notificationUri: `${path}/notification`,
    enableWetSign: 'true',
    allowMarkup: 'false',
    allowReassign: 'true',
    createdDateTime: iso(envelope.createdAtMs),
    lastModifiedDateTime: iso(envelope.changedAtMs),
    ...dated('deliveredDateTime', envelope.deliveredAtMs),
    ...dated('sentDateTime', envelope.sentAtMs),
    ...dated('completedDateTime', envelope.completedAtMs),
    ...(envelope.status === 'voided' ? { voidedDateTime: iso(envelope.changedAtMs) } : {}),
    ...(envelope.voidedReason === null ? {} : { voidedReason: envelope.voidedReason }),
    statusChangedDateTime: iso(envelope.changedAtMs),
    documentsCombinedUri: `${path}/documents/combined`,
    certificateUri: `${path}/documents/certificate`,
    templatesUri: `${path}/templates`,
    sender: {
      userName: account.sender.name,
      userId: account.userId,
      accountId: account.accountId,
      email: account.sender.email,
    },
    recipients: {
      signers: ofRole('signer'),
      carbonCopies: ofRole('carbonCopy'),
      recipientCount: String(recipients.length),
      currentRoutingOrder: String(recipients.find(({ status }) => status !== 'completed')?.routingOrder ?? 1),
    },
    envelopeDocuments: documents(envelope, pdfSizeBytes),
    purgeState: envelope.purged ? 'documents_and_metadata_purged' : 'unpurged',
    envelopeIdStamping: 'true',
    is21CFRPart11: 'false',
    signerCanSignOnMobile: 'true',
    autoNavigation: 'true',
    hasFormDataChanged: 'false',
    allowComments: 'true',
    hasComments: 'false',
    allowViewHistory: 'true',
    envelopeLocation: 'current_site',
    isDynamicEnvelope: 'false',
  };
}

function documents(envelope: DocusignEnvelope, pdfSizeBytes: number | null): object[] {
  const isDone = envelope.status === 'completed' && pdfSizeBytes !== null;
  const only = { documentId: envelope.documentId, documentIdGuid: envelope.documentIdGuid, pdf: null };
  const files = envelope.files ?? [{ ...only, name: `${envelope.emailSubject}.pdf` }];
  const document = (file: DocusignFile, type: string, order: string): object => ({
    documentId: file.documentId,
    documentIdGuid: file.documentIdGuid,
    name: file.name,
    type,
    uri: `/envelopes/${envelope.envelopeId}/documents/${file.documentId}`,
    order,
    display: 'inline',
    includeInDownload: 'true',
    ...(isDone && type === 'content' ? { PDFBytes: (file.pdf ?? makePdf(pdfSizeBytes)).toString('base64') } : {}),
  });
  const certificateIds = { documentId: 'certificate', documentIdGuid: envelope.certificateIdGuid };
  const certificate = { ...certificateIds, name: 'Summary', pdf: null };
  return [
    ...files.map((file, index) => document(file, 'content', String(index + 1))),
    document(certificate, 'summary', '999'),
  ];
}

function recipientSummary(recipient: DocusignRecipient): object {
  return {
    name: recipient.name,
    email: recipient.email,
    recipientId: recipient.recipientId,
    recipientIdGuid: recipient.recipientIdGuid,
    requireIdLookup: 'false',
    userId: recipient.userId,
    routingOrder: String(recipient.routingOrder),
    note: '',
    status: recipient.status,
    completedCount: recipient.status === 'completed' ? '1' : '0',
    ...dated('signedDateTime', recipient.signedAtMs),
    ...dated('deliveredDateTime', recipient.deliveredAtMs),
    ...dated('sentDateTime', recipient.sentAtMs),
    ...(recipient.declinedReason === null ? {} : { declinedReason: recipient.declinedReason }),
    deliveryMethod: 'email',
    recipientType: recipient.role === 'signer' ? 'signer' : 'carboncopy',
  };
}

function dated(name: string, unixMs: number | null): Record<string, string> {
  return unixMs === null ? {} : { [name]: iso(unixMs) };
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
