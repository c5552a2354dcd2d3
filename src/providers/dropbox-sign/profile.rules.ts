import type { Identity, InboundRequest, Options, ProviderProfile, Rejection, Verdict } from '../provider-profile.ts';
import { verifyEventHash } from '../event-hash.rules.ts';
import {
  dedupeKeyOf,
  eventTypeName,
  jsonOf,
  keyText,
  maskTexts,
  ofKind,
  parseUnixSeconds,
  reject,
  secretProblem,
  textAt,
} from '../signature.rules.ts';
import { boundaryOf, readFormField } from './form-field.rules.ts';

const name = 'dropbox-sign';

/**
 * Dropbox Sign (once HelloSign). `event.event_hash` is hex HMAC-SHA256 of `event_time` and `event_type`, one right
 * after the other, under the API key. The JSON comes in the field `json` of a form.
 * Event names: the schema EventCallbackRequestEvent of its OpenAPI document.
 */
export const dropboxSignProfile: ProviderProfile = {
  name,
  title: 'Dropbox Sign',
  setup:
    "In the API settings of Dropbox Sign, make this source's URL the callback URL of your account or app, and enter the " +
    "API key of that account here. Only an event's name and time are signed, so whoever has seen one callback can send " +
    'any other content with its name and time until `maxAgeSeconds` have passed: fetch what matters from the API before ' +
    'you act on it. Allow only the addresses you expect, and pass bodies on to nobody who must not forge them.',
  credentialKinds: {
    'api-key': {
      title: 'API key',
      description: 'The API key of the account whose callback it is: on the API page of its settings.',
      problemOf: (value) => secretProblem(value),
    },
  },
  options: {
    maxAgeSeconds: {
      kind: 'whole',
      description:
        'How far the signed time may be from now. Longer than Dropbox Sign goes on retrying, which is about three days; ' +
        'no longer than the source remembers duplicates.',
      default: 345_600,
      minimum: 60,
      maximum: 2_592_000,
    },
  },
  contentTypes: ['multipart/form-data', 'application/json'],
  eventTypes: [
    { name: 'signature_request_sent', description: 'A signature request was sent' },
    { name: 'signature_request_viewed', description: 'A signer opened a signature request' },
    { name: 'signature_request_signed', description: 'A signer signed' },
    { name: 'signature_request_all_signed', description: 'Every signer has signed' },
    { name: 'signature_request_downloadable', description: 'The files of a signature request can be downloaded' },
    { name: 'signature_request_declined', description: 'A signer declined' },
    { name: 'signature_request_canceled', description: 'A signature request was cancelled' },
    { name: 'signature_request_expired', description: 'A signature request expired' },
    { name: 'signature_request_reassigned', description: 'A signer handed the signature over to somebody else' },
    { name: 'signature_request_remind', description: 'A signer was reminded' },
    { name: 'signature_request_email_bounce', description: 'An e-mail to a signer could not be delivered' },
    { name: 'signature_request_prepared', description: 'A signature request is ready to be sent' },
    { name: 'signature_request_invalid', description: 'A signature request could not be processed' },
    { name: 'signature_request_destroyed', description: 'A signature request was destroyed' },
    { name: 'signature_request_signer_removed', description: 'A signer was taken off a signature request' },
    { name: 'signature_request_incomplete_qes', description: 'A qualified signature was not completed' },
    { name: 'template_created', description: 'A template was created' },
    { name: 'template_error', description: 'A template could not be created' },
    { name: 'account_confirmed', description: 'An account that your app created was confirmed' },
    { name: 'file_error', description: 'A file could not be processed' },
    { name: 'sign_url_invalid', description: 'A signing address was no longer valid when it was used' },
    { name: 'unknown_error', description: 'Something failed at Dropbox Sign' },
    { name: 'callback_test', description: 'A test of the callback URL' },
  ],
  coverageOf: () => 'fields',

  verify(request, credentials, options: Options, nowMs): Verdict {
    const json = jsonTextOf(request);
    if (!Buffer.isBuffer(json)) return json;
    const by = {
      members: { hash: 'event_hash', time: 'event_time', type: 'event_type' },
      // Nothing stands between time and type: only where no digit begins the type can they be split in one way alone.
      typeShape: /^[A-Za-z_]\w{0,127}$/,
      signed: (time: string, type: string) => `${time}${type}`,
      key: 'API key',
      credentials: ofKind(credentials, 'api-key'),
      maxAgeSeconds: Number(options['maxAgeSeconds']),
    };
    return verifyEventHash(json, by, nowMs);
  },

  identify(request): Identity {
    const json = jsonTextOf(request);
    const content = Buffer.isBuffer(json) ? json : request.body;
    const callback = jsonOf(content);
    const seconds = parseUnixSeconds(textAt(callback, 'event', 'event_time') ?? '');
    return {
      eventType: eventTypeName(name, textAt(callback, 'event', 'event_type')),
      externalId: null,
      // The hash is one for all events of a name in a second, and anybody who has seen it can send it with another
      // content. Only the whole content keeps a second event, or the true one, from passing for a duplicate.
      dedupeKey: dedupeKeyOf(name, content),
      subject: keyText(textAt(callback, 'signature_request', 'signature_request_id')),
      occurredAtMs: seconds === null ? null : seconds * 1000,
    };
  },

  answer: () => ({ status: 200, contentType: 'text/plain', body: 'Hello API Event Received' }),

  /** `event_hash` is all that it takes to send something in the name of Dropbox Sign. */
  redact: (body) => maskTexts(body, 'event_hash'),
};

/** The field `json` of the form; the body itself where it is no form. */
function jsonTextOf(request: InboundRequest): Buffer | Rejection {
  const [contentType = '', ...more] = request.headers.get('content-type') ?? [];
  if (more.length > 0) return reject('body_unreadable', 'content-type came more than once.');
  if (!/^multipart\//i.test(contentType)) return request.body;
  const boundary = boundaryOf(contentType);
  if (boundary === null) return reject('body_unreadable', 'content-type names no boundary of a form.');
  const field = readFormField(request.body, boundary, 'json');
  if (field.found) return field.value;
  return reject(field.why === 'repeated' ? 'signature_repeated' : 'body_unreadable', field.detail);
}
