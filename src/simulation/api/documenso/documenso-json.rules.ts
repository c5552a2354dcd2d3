import type { DocumensoEnvelope, DocumensoOwner, DocumensoRecipient } from '../../documenso/envelope.rules.ts';
import { type Loose, textAt } from '../read-json.rules.ts';
import type { DocumensoField, StoredEnvelope } from './documenso-state.rules.ts';

/** What every list and answer about an envelope has; field names and types as @documenso/sdk-typescript 0.9.1 has them. */
export function envelopeJson(stored: StoredEnvelope, owner: DocumensoOwner): object {
  const { envelope, visibility, folderId, formValues } = stored;
  return {
    internalVersion: 2,
    type: envelope.type,
    status: envelope.status,
    source: envelope.source,
    visibility,
    templateType: 'PRIVATE',
    id: envelope.envelopeId,
    secondaryId: `${envelope.type === 'TEMPLATE' ? 'template' : 'document'}_${envelope.legacyId}`,
    externalId: envelope.externalId,
    createdAt: iso(envelope.createdAtMs),
    updatedAt: iso(envelope.updatedAtMs),
    completedAt: iso(envelope.completedAtMs),
    deletedAt: null,
    title: envelope.title,
    authOptions: { globalAccessAuth: [], globalActionAuth: [] },
    formValues,
    publicTitle: '',
    publicDescription: '',
    userId: owner.userId,
    teamId: owner.teamId,
    folderId,
    templateId: envelope.templateId,
    user: { id: owner.userId, name: 'Simulated Sender', email: 'sender@example.com' },
    team: { id: owner.teamId, url: `team-${owner.teamId}` },
    recipients: envelope.recipients.map((each) => recipientJson(each, envelope)),
  };
}

export function wholeEnvelopeJson(stored: StoredEnvelope, owner: DocumensoOwner): object {
  const { envelope, items } = stored;
  return {
    ...envelopeJson(stored, owner),
    documentMeta: metaJson(stored),
    fields: fieldsJson(stored),
    envelopeItems: items.map(({ id, documentDataId, title, order }) => ({
      envelopeId: envelope.envelopeId,
      documentDataId,
      id,
      title,
      order,
    })),
    directLink: null,
  };
}

/** The older shape of `/document` and `/template`, and of v1: numbers as ids. */
export function legacyJson(stored: StoredEnvelope, owner: DocumensoOwner): object {
  const { envelope, items } = stored;
  const isTemplate = envelope.type === 'TEMPLATE';
  const [item] = items;
  const dataId = item?.documentDataId ?? '';
  const data = { type: 'S3_PATH', id: dataId, data: dataId, initialData: dataId, envelopeItemId: item?.id ?? '' };
  return {
    ...envelopeJson(stored, owner),
    type: isTemplate ? 'PRIVATE' : envelope.type,
    id: envelope.legacyId,
    envelopeId: envelope.envelopeId,
    useLegacyFieldInsertion: false,
    documentDataId: dataId,
    ...(isTemplate ? { templateDocumentDataId: dataId, templateDocumentData: data } : { documentData: data }),
    [isTemplate ? 'templateMeta' : 'documentMeta']: { ...metaJson(stored), reminderSettings: null },
    envelopeItems: items.map(({ id }) => ({ id, envelopeId: envelope.envelopeId })),
    folder: null,
    directLink: null,
    fields: fieldsJson(stored),
  };
}

export function recipientJson(recipient: DocumensoRecipient, envelope: DocumensoEnvelope): object {
  const isTemplate = envelope.type === 'TEMPLATE';
  return {
    id: recipient.id,
    envelopeId: envelope.envelopeId,
    documentId: isTemplate ? null : envelope.legacyId,
    templateId: isTemplate ? envelope.legacyId : null,
    email: recipient.email,
    name: recipient.name,
    token: recipient.token,
    role: recipient.role,
    signingOrder: recipient.signingOrder,
    readStatus: recipient.readStatus,
    signingStatus: recipient.signingStatus,
    sendStatus: recipient.sendStatus,
    documentDeletedAt: null,
    expired: null,
    expiresAt: iso(recipient.expiresAtMs),
    expirationNotifiedAt: iso(recipient.expirationNotifiedAtMs),
    signedAt: iso(recipient.signedAtMs),
    authOptions: null,
    rejectionReason: recipient.rejectionReason,
  };
}

/** A recipient as those answers have it that tell where to sign. */
export function invitationJson(recipient: DocumensoRecipient, origin: string): object {
  const { id, name, email, token, role, signingOrder } = recipient;
  return { id, name, email, token, role, signingOrder, signingUrl: signingUrl(recipient, origin) };
}

export function signingUrl({ token }: DocumensoRecipient, origin: string): string {
  return `${origin}/sign/${token}`;
}

export function fieldJson(field: DocumensoField, { envelope }: StoredEnvelope): object {
  const signer = envelope.recipients.find(({ id }) => id === field.recipientId);
  const isTemplate = envelope.type === 'TEMPLATE';
  return {
    ...field,
    envelopeId: envelope.envelopeId,
    documentId: isTemplate ? null : envelope.legacyId,
    templateId: isTemplate ? envelope.legacyId : null,
    customText: '',
    inserted: signer?.signingStatus === 'SIGNED',
  };
}

function fieldsJson(stored: StoredEnvelope): object[] {
  return stored.fields.map((field) => fieldJson(field, stored));
}

function metaJson({ envelope, meta }: StoredEnvelope): object {
  return {
    id: envelope.metaId,
    subject: textAt(meta, 'subject'),
    message: textAt(meta, 'message'),
    timezone: textAt(meta, 'timezone') ?? 'Etc/UTC',
    dateFormat: textAt(meta, 'dateFormat') ?? 'yyyy-MM-dd hh:mm a',
    redirectUrl: textAt(meta, 'redirectUrl'),
    signingOrder: envelope.signingOrder,
    distributionMethod: meta['distributionMethod'] === 'NONE' ? 'NONE' : 'EMAIL',
    allowDictateNextSigner: flag(meta, 'allowDictateNextSigner', false),
    typedSignatureEnabled: flag(meta, 'typedSignatureEnabled', true),
    uploadSignatureEnabled: flag(meta, 'uploadSignatureEnabled', true),
    drawSignatureEnabled: flag(meta, 'drawSignatureEnabled', true),
    language: textAt(meta, 'language') ?? 'en',
    emailSettings: null,
    emailId: null,
    emailReplyTo: textAt(meta, 'emailReplyTo'),
    envelopeExpirationPeriod: meta['envelopeExpirationPeriod'] ?? null,
    password: null,
    documentId: envelope.legacyId,
  };
}

function flag(meta: Loose, name: string, otherwise: boolean): boolean {
  const value = meta[name];
  return typeof value === 'boolean' ? value : otherwise;
}

function iso(unixMs: number | null): string | null {
  return unixMs === null ? null : new Date(unixMs).toISOString();
}
