import type { Answer, Credential, InboundRequest, ProviderProfile, Rejection } from '../provider-profile.ts';
import {
  dedupeKeyOf,
  eventTypeName,
  jsonOf,
  keyText,
  ofKind,
  oneHeader,
  reject,
  sameSecret,
  secretProblem,
  textAt,
} from '../signature.rules.ts';

const name = 'adobe-sign';
const header = 'x-adobesign-clientid';
/** What Adobe sends for every webhook that is made in its web application, whoever made it. */
const everybodysClientId = 'UB7E5BXCXY';

/**
 * Adobe Acrobat Sign signs nothing. It sends the client id of the application that made the webhook, on a GET before
 * the webhook is taken into use and on every POST, and wants it back: here in the body, as `xAdobeSignClientId`.
 * Event names: its webhook reference.
 */
export const adobeSignProfile: ProviderProfile = {
  name,
  title: 'Adobe Acrobat Sign',
  setup:
    'Enter the client id of an API application of your own here, then make the webhook over the Acrobat Sign API with ' +
    "that application and this source's URL: Adobe asks the URL for the client id, and Posthorn answers. Acrobat " +
    'Sign signs nothing, and a client id is part of every OAuth sign-in: allow only the addresses that Adobe ' +
    'publishes, and fetch what matters from the API before you act on it.',
  credentialKinds: {
    'client-id': {
      title: 'Client id',
      description:
        'The client id (application id) of the API application that made the webhook. It is all that tells requests of ' +
        'Adobe from others.',
      problemOf: (value) =>
        value.trim() === everybodysClientId
          ? "This is the client id of every webhook that is made in Adobe's web application, so it proves nothing. Make " +
            'the webhook over the API with an application of your own, and use its client id.'
          : secretProblem(value),
    },
  },
  options: {},
  contentTypes: ['application/json'],
  eventTypes: [
    { name: 'AGREEMENT_CREATED', description: 'An agreement was made' },
    { name: 'AGREEMENT_ACTION_REQUESTED', description: 'A participant was asked to act' },
    { name: 'AGREEMENT_ACTION_COMPLETED', description: 'A participant did what was asked' },
    { name: 'AGREEMENT_ACTION_DELEGATED', description: 'A participant handed over to somebody else' },
    { name: 'AGREEMENT_ACTION_REPLACED_SIGNER', description: 'A signer was replaced' },
    { name: 'AGREEMENT_PARTICIPANT_COMPLETED', description: 'A participant is done' },
    { name: 'AGREEMENT_PARTICIPANT_REPLACED', description: 'A participant was replaced' },
    { name: 'AGREEMENT_WORKFLOW_COMPLETED', description: 'Everybody is done: the agreement is complete' },
    { name: 'AGREEMENT_MODIFIED', description: 'An agreement was changed' },
    { name: 'AGREEMENT_SHARED', description: 'An agreement was shared' },
    { name: 'AGREEMENT_UNSHARED', description: 'An agreement is no longer shared' },
    { name: 'AGREEMENT_EMAIL_VIEWED', description: 'A participant opened the e-mail' },
    { name: 'AGREEMENT_EMAIL_BOUNCED', description: 'An e-mail to a participant could not be delivered' },
    { name: 'AGREEMENT_REMINDER_SENT', description: 'A participant was reminded' },
    { name: 'AGREEMENT_DOCUMENTS_VIEWED', description: 'The documents of an agreement were viewed' },
    { name: 'AGREEMENT_DOCUMENTS_DELETED', description: 'The documents of an agreement were deleted' },
    { name: 'AGREEMENT_EXPIRATION_UPDATED', description: 'An agreement expires at another time' },
    { name: 'AGREEMENT_EXPIRED', description: 'An agreement expired' },
    { name: 'AGREEMENT_RECALLED', description: 'An agreement was cancelled' },
    { name: 'AGREEMENT_REJECTED', description: 'A participant declined' },
    { name: 'AGREEMENT_DELETED', description: 'An agreement was deleted' },
  ],
  coverageOf: () => 'sender',

  verify(request, credentials) {
    const found = findClientId(request, credentials);
    return 'verified' in found ? found : { verified: true, credential: found.name };
  },

  identify(request) {
    const body = jsonOf(request.body);
    const notificationId = textAt(body, 'webhookNotificationId');
    const about = ['agreement', 'widget', 'megaSign'].map((each) => textAt(body, each, 'id'));
    return {
      eventType: eventTypeName(name, textAt(body, 'event')),
      externalId: keyText(notificationId),
      dedupeKey: notificationId === null ? dedupeKeyOf(name, request.body) : dedupeKeyOf(name, 'id', notificationId),
      subject: keyText(about.find((id) => id !== null) ?? null),
      occurredAtMs: dateMs(textAt(body, 'eventDate')),
    };
  },

  /** Only a client id of the source is sent back. Anything else would tell a stranger that somebody listens. */
  handshake: (request, credentials) => (request.method === 'GET' ? echo(request, credentials) : null),
  answer: (request, credentials) => echo(request, credentials) ?? { status: 200, contentType: null, body: '' },
};

function findClientId(request: InboundRequest, credentials: readonly Credential[]): Credential | Rejection {
  const given = oneHeader(request, header);
  if (typeof given !== 'string') return given;
  let found: Credential | null = null;
  for (const credential of ofKind(credentials, 'client-id')) {
    if (sameSecret(given, credential.value)) found ??= credential;
  }
  return found ?? reject('signature_mismatch', `${header} is none of the source's client ids.`);
}

function echo(request: InboundRequest, credentials: readonly Credential[]): Answer | null {
  const found = findClientId(request, credentials);
  if ('verified' in found) return null;
  return { status: 200, contentType: 'application/json', body: JSON.stringify({ xAdobeSignClientId: found.value }) };
}

function dateMs(text: string | null): number | null {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
