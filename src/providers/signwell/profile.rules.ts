import type { Identity, Options, ProviderProfile, Verdict } from '../provider-profile.ts';
import { verifyEventHash } from '../event-hash.rules.ts';
import {
  dedupeKeyOf,
  eventTypeName,
  jsonOf,
  keyText,
  ofKind,
  parseUnixSeconds,
  secretProblem,
  textAt,
} from '../signature.rules.ts';

const name = 'signwell';

/**
 * SignWell: `event.hash` is hex HMAC-SHA256 of `type@time` under the webhook's id.
 * Event names: its reference of webhook events.
 */
export const signwellProfile: ProviderProfile = {
  name,
  title: 'SignWell',
  setup:
    "Register this source's URL as a webhook over the SignWell API, and enter the webhook's id from the answer here. " +
    "Only an event's name and time are signed, so whoever has seen one request can send any other content with its " +
    'name and time until `maxAgeSeconds` have passed: fetch what matters from the API before you act on it. Allow only ' +
    'the addresses you expect, and pass bodies on to nobody who must not forge them.',
  credentialKinds: {
    'webhook-id': {
      title: 'Webhook id',
      description:
        "The id of the webhook, as SignWell's API lists it. It is the key of the signature: treat it as a secret.",
      problemOf: (value) => secretProblem(value),
    },
  },
  options: {
    maxAgeSeconds: {
      kind: 'whole',
      description:
        'How far the signed time may be from now. Longer than SignWell goes on retrying; no longer than the source ' +
        'remembers duplicates.',
      default: 345_600,
      minimum: 60,
      maximum: 2_592_000,
    },
  },
  contentTypes: ['application/json'],
  eventTypes: [
    { name: 'document_created', description: 'A document was made' },
    { name: 'document_sent', description: 'A document was sent' },
    { name: 'document_viewed', description: 'A signer viewed a document; comes each time' },
    { name: 'document_in_progress', description: 'The first signer has begun to fill in a document' },
    { name: 'document_signed', description: 'A recipient signed; comes for each of them' },
    { name: 'document_completed', description: 'Every recipient has signed' },
    { name: 'document_expired', description: 'A document expired' },
    { name: 'document_canceled', description: 'The sender cancelled a document' },
    { name: 'document_declined', description: 'A signer declined' },
    { name: 'document_bounced', description: 'An e-mail to a signer could not be delivered' },
    { name: 'document_error', description: 'A document could not be made or changed' },
    { name: 'template_created', description: 'A template was made' },
    { name: 'template_error', description: 'A template could not be made or changed' },
  ],
  coverageOf: () => 'fields',

  verify(request, credentials, options: Options, nowMs): Verdict {
    const by = {
      members: { hash: 'hash', time: 'time', type: 'type' },
      typeShape: /^[\w.-]{1,128}$/,
      signed: (time: string, type: string) => `${type}@${time}`,
      key: 'webhook id',
      credentials: ofKind(credentials, 'webhook-id'),
      maxAgeSeconds: Number(options['maxAgeSeconds']),
    };
    return verifyEventHash(request.body, by, nowMs);
  },

  identify(request): Identity {
    const body = jsonOf(request.body);
    const seconds = parseUnixSeconds(textAt(body, 'event', 'time') ?? '');
    return {
      eventType: eventTypeName(name, textAt(body, 'event', 'type')),
      externalId: null,
      // Not the hash alone: it is the same for all events of a name in a second, and may come with another content.
      dedupeKey: dedupeKeyOf(name, request.body),
      subject: keyText(textAt(body, 'data', 'object', 'id')),
      occurredAtMs: seconds === null ? null : seconds * 1000,
    };
  },

  /** `event.hash` is all that it takes to send something in the name of SignWell; other hashes stay. */
  redact(body) {
    const hash = textAt(jsonOf(body), 'event', 'hash');
    const text = body.toString('latin1');
    if (hash === null || !text.includes(`"${hash}"`)) return null;
    return Buffer.from(text.replaceAll(`"${hash}"`, '"***"'), 'latin1');
  },
};
