import { isJsonObject } from '../../filtering/json.rules.ts';
import type { JsonObject } from '../../filtering/json.rules.ts';
import type { Identity, ProviderProfile } from '../provider-profile.ts';
import {
  dedupeKeyOf,
  eventTypeName,
  instantMs,
  jsonOf,
  keyText,
  maskTexts,
  oneHeader,
  reject,
  sameSecret,
  secretProblem,
  textAt,
} from '../signature.rules.ts';
import { canonicalText } from './canonical-payload.rules.ts';

const secretHeader = 'x-documenso-secret';

const eventTypes = [
  { name: 'DOCUMENT_CREATED', description: 'A document was made; nobody has been asked to sign it yet' },
  { name: 'DOCUMENT_SENT', description: 'A document went out to its recipients' },
  { name: 'DOCUMENT_OPENED', description: 'A recipient opened the document for the first time' },
  {
    name: 'DOCUMENT_SIGNED',
    description:
      'A recipient signed; it may arrive before or after DOCUMENT_COMPLETED when that was the last signature',
  },
  {
    name: 'DOCUMENT_RECIPIENT_COMPLETED',
    description: 'A recipient did all that was asked of them; it comes just before DOCUMENT_SIGNED',
  },
  { name: 'DOCUMENT_COMPLETED', description: 'Every recipient is done and the document is sealed' },
  { name: 'DOCUMENT_REJECTED', description: 'A recipient refused to sign' },
  { name: 'DOCUMENT_CANCELLED', description: 'The sender called the document off' },
  { name: 'DOCUMENT_REMINDER_SENT', description: 'A recipient was reminded of a document that waits for them' },
  { name: 'RECIPIENT_EXPIRED', description: 'The time that a recipient had for signing is over' },
  { name: 'TEMPLATE_CREATED', description: 'A template was made' },
  { name: 'TEMPLATE_UPDATED', description: 'A template was changed' },
  { name: 'TEMPLATE_DELETED', description: 'A template was removed' },
  {
    name: 'TEMPLATE_USED',
    description: 'A document was made from a template; the payload is that document, and DOCUMENT_CREATED comes too',
  },
] as const;

/** Events that one of the payload's own times belongs to. */
const timeFields: Readonly<Record<string, string>> = {
  DOCUMENT_CREATED: 'createdAt',
  DOCUMENT_COMPLETED: 'completedAt',
  TEMPLATE_CREATED: 'createdAt',
  TEMPLATE_UPDATED: 'updatedAt',
  TEMPLATE_USED: 'createdAt',
};

/** These are about a template, not about a document made from it. */
const templateEvents: ReadonlySet<string> = new Set(['TEMPLATE_CREATED', 'TEMPLATE_UPDATED', 'TEMPLATE_DELETED']);

/** Without a secret of its own a webhook sends the header empty. */
const noSecret = reject(
  'signature_missing',
  `${secretHeader} is missing or empty: enter the secret at the webhook in Documenso.`,
);

/** Documenso 2.17, and its payloads from before 2.13, which know no envelopes. It sends a plain secret, no signature. */
export const documensoProfile: ProviderProfile = {
  name: 'documenso',
  title: 'Documenso',
  setup:
    "In the team's settings in Documenso, add a webhook with this source's URL, choose its events and enter a long " +
    'random secret. Enter the same secret here.',
  credentialKinds: {
    secret: {
      title: 'Webhook secret',
      description: 'The text in the secret field of the webhook in Documenso. It comes along with every request.',
      problemOf: (value) => secretProblem(value),
    },
  },
  options: {},
  contentTypes: ['application/json'],
  eventTypes,
  coverageOf: () => 'sender',

  verify(request, credentials) {
    const given = oneHeader(request, secretHeader);
    if (typeof given !== 'string') return given.reason === 'signature_missing' ? noSecret : given;
    let found: string | null = null;
    for (const { name, value } of credentials) if (sameSecret(given, value)) found ??= name;
    if (found === null) return reject('signature_mismatch', `No credential is the secret in ${secretHeader}.`);
    return { verified: true, credential: found };
  },

  /**
   * Everything comes from `event` and `payload`, which a retry and a resend repeat. `createdAt` is made anew for each
   * attempt, so it says when this request was made and not when the event occurred; `webhookEndpoint` is where it went.
   */
  identify({ body }): Identity {
    const parsed = jsonOf(body);
    const event = textAt(parsed, 'event');
    const payload = isJsonObject(parsed) && isJsonObject(parsed.payload) ? parsed.payload : null;
    const eventType = eventTypeName('documenso', event);
    if (event === null || payload === null) {
      return { eventType, externalId: null, dedupeKey: dedupeKeyOf(body), subject: null, occurredAtMs: null };
    }
    const canonical = canonicalText(payload);
    return {
      eventType,
      externalId: null,
      dedupeKey: canonical === null ? dedupeKeyOf(body) : dedupeKeyOf(event, canonical),
      subject: subjectOf(event, payload),
      occurredAtMs: timeOf(event, payload),
    };
  },

  /** Whoever has a recipient's token can sign in their place. */
  redact: (body) => maskTexts(body, 'token'),
};

/** Before 2.13 there is only a number, which does not say of what. */
function subjectOf(event: string, payload: JsonObject): string | null {
  const envelopeId = textAt(payload, 'envelopeId');
  if (envelopeId !== null) return keyText(envelopeId);
  const id = textAt(payload, 'id');
  return id === null ? null : keyText(`${templateEvents.has(event) ? 'template' : 'document'}:${id}`);
}

function timeOf(event: string, payload: JsonObject): number | null {
  const field = Object.hasOwn(timeFields, event) ? timeFields[event] : undefined;
  return field === undefined ? null : instantMs(textAt(payload, field));
}
