import { inventPerson, inventTitle } from '../people.rules.ts';
import { alphabets, characters, type Random, wholeBetween } from '../random.rules.ts';
import type { Scenario } from '../simulator.ts';

type DocumensoStatus = 'DRAFT' | 'PENDING' | 'COMPLETED' | 'REJECTED' | 'CANCELLED';
export const documensoRoles = ['SIGNER', 'APPROVER', 'VIEWER', 'ASSISTANT', 'CC'] as const;
type DocumensoRole = (typeof documensoRoles)[number];

export type DocumensoRecipient = {
  /** What the scenario calls this person. */
  key: string;
  id: number;
  name: string;
  email: string;
  /** Whoever has it can sign in this person's name: real ones are secrets. */
  token: string;
  role: DocumensoRole;
  signingOrder: number | null;
  expiresAtMs: number | null;
  expirationNotifiedAtMs: number | null;
  signedAtMs: number | null;
  rejectionReason: string | null;
  readStatus: 'NOT_OPENED' | 'OPENED';
  signingStatus: 'NOT_SIGNED' | 'SIGNED' | 'REJECTED';
  sendStatus: 'NOT_SENT' | 'SENT';
};

/** A document or a template: Documenso keeps both as envelopes. */
export type DocumensoEnvelope = {
  type: 'DOCUMENT' | 'TEMPLATE';
  legacyId: number;
  envelopeId: string;
  externalId: string | null;
  title: string;
  status: DocumensoStatus;
  source: 'DOCUMENT' | 'TEMPLATE';
  /** The template that it was made from. */
  templateId: number | null;
  createdAtMs: number;
  updatedAtMs: number;
  completedAtMs: number | null;
  metaId: string;
  signingOrder: 'PARALLEL' | 'SEQUENTIAL';
  recipients: readonly DocumensoRecipient[];
};

/** Who owns everything in one simulated world. */
export type DocumensoOwner = { userId: number; teamId: number };

export function makeOwner(random: Random): DocumensoOwner {
  return { userId: wholeBetween(random, 1, 900), teamId: wholeBetween(random, 1, 400) };
}

/** A draft for everybody whom the scenario names. */
export function makeEnvelope(
  scenario: Scenario,
  given: { type: DocumensoEnvelope['type']; random: Random; nowMs: number },
): DocumensoEnvelope {
  const { type, random, nowMs } = given;
  const { title, externalId } = scenario.about;
  const firstId = wholeBetween(random, 1000, 900_000);
  const recipients = scenario.people.map((member, index): DocumensoRecipient => {
    const invented = inventPerson(random);
    const role = (member.role ?? 'SIGNER') as DocumensoRole;
    return {
      key: member.key,
      id: firstId + index,
      name: member.name ?? invented.name,
      email: member.email ?? invented.email,
      token: characters(random, 21, alphabets.urlSafe),
      role,
      signingOrder: index + 1,
      expiresAtMs: null,
      expirationNotifiedAtMs: null,
      signedAtMs: null,
      rejectionReason: null,
      readStatus: 'NOT_OPENED',
      // Who only gets a copy counts as done from the beginning.
      signingStatus: role === 'CC' ? 'SIGNED' : 'NOT_SIGNED',
      sendStatus: role === 'CC' ? 'SENT' : 'NOT_SENT',
    };
  });
  return {
    type,
    legacyId: wholeBetween(random, 1000, 999_999),
    envelopeId: `envelope_${characters(random, 16, alphabets.lower)}`,
    metaId: `c${characters(random, 24, alphabets.lower)}`,
    externalId: typeof externalId === 'string' ? externalId : null,
    title: typeof title === 'string' ? title : inventTitle(random),
    status: 'DRAFT',
    source: type,
    templateId: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    completedAtMs: null,
    signingOrder: scenario.about['signingOrder'] === 'SEQUENTIAL' ? 'SEQUENTIAL' : 'PARALLEL',
    recipients,
  };
}

/**
 * The `payload` of a webhook, every key of the provider facts (Documenso 2.17) in its place: for all events the same
 * shape, templates included, and the recipients twice.
 */
export function webhookPayload(envelope: DocumensoEnvelope, owner: DocumensoOwner): object {
  const recipients = envelope.recipients.map((recipient) => recipientPayload(recipient, envelope));
  return {
    id: envelope.legacyId,
    envelopeId: envelope.envelopeId,
    externalId: envelope.externalId,
    userId: owner.userId,
    authOptions: null,
    formValues: null,
    visibility: 'EVERYONE',
    title: envelope.title,
    status: envelope.status,
    createdAt: iso(envelope.createdAtMs),
    updatedAt: iso(envelope.updatedAtMs),
    completedAt: iso(envelope.completedAtMs),
    deletedAt: null,
    teamId: owner.teamId,
    templateId: envelope.templateId,
    source: envelope.source,
    documentMeta: {
      id: envelope.metaId,
      subject: null,
      message: null,
      timezone: 'Etc/UTC',
      dateFormat: 'yyyy-MM-dd hh:mm a',
      redirectUrl: null,
      signingOrder: envelope.signingOrder,
      allowDictateNextSigner: false,
      typedSignatureEnabled: true,
      uploadSignatureEnabled: true,
      drawSignatureEnabled: true,
      language: 'en',
      distributionMethod: 'EMAIL',
      emailSettings: null,
    },
    recipients,
    Recipient: recipients,
  };
}

function recipientPayload(recipient: DocumensoRecipient, envelope: DocumensoEnvelope): object {
  return {
    id: recipient.id,
    envelopeId: envelope.envelopeId,
    documentId: envelope.type === 'DOCUMENT' ? envelope.legacyId : null,
    templateId: envelope.type === 'TEMPLATE' ? envelope.legacyId : null,
    email: recipient.email,
    name: recipient.name,
    token: recipient.token,
    documentDeletedAt: null,
    expiresAt: iso(recipient.expiresAtMs),
    expirationNotifiedAt: iso(recipient.expirationNotifiedAtMs),
    signedAt: iso(recipient.signedAtMs),
    authOptions: null,
    signingOrder: recipient.signingOrder,
    rejectionReason: recipient.rejectionReason,
    role: recipient.role,
    readStatus: recipient.readStatus,
    signingStatus: recipient.signingStatus,
    sendStatus: recipient.sendStatus,
  };
}

function iso(unixMs: number | null): string | null {
  return unixMs === null ? null : new Date(unixMs).toISOString();
}
