import type { Identity, Options, ProviderProfile } from '../provider-profile.ts';
import {
  dedupeKeyOf,
  eventTypeName,
  findSigner,
  hmacOf,
  instantMs,
  jsonOf,
  keyText,
  oneHeader,
  parseHex,
  reject,
  secretProblem,
  textAt,
} from '../signature.rules.ts';
import { transportHeaderProblem } from '../transport-header.rules.ts';

const prefix = 'sha256=';
const digestBytes = 32;
/** A header name as RFC 9110 section 5.6.2 has it. */
const headerName = "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$";

const options = {
  signatureHeader: {
    kind: 'text',
    description:
      'The header with the signature. GoRoute does not publish its name: look at a request it made, or ask its support.',
    default: 'X-GoRoute-Signature',
    pattern: headerName,
    maxLength: 100,
  },
  eventIdHeader: {
    kind: 'text',
    description: "The header with the event's id, shown where the body has none.",
    default: 'X-GoRoute-Event-ID',
    pattern: headerName,
    maxLength: 100,
  },
} as const satisfies ProviderProfile['options'];

/** GoRoute's webhooks, as far as its documentation is public. */
export const gorouteProfile: ProviderProfile = {
  name: 'goroute',
  title: 'GoRoute',
  setup:
    "Register this source's URL as a webhook of GoRoute (POST /api/v1/webhooks) with the events you want and a long " +
    'random secret, and enter the same secret here. Check the name of the signature header against a first request.',
  credentialKinds: {
    secret: {
      title: 'Webhook secret',
      description: 'The secret that the webhook was registered with. It signs every request.',
      problemOf: (value) => secretProblem(value),
    },
  },
  options,
  checkOptions: (given) =>
    (['signatureHeader', 'eventIdHeader'] as const).flatMap((option) => {
      const message = transportHeaderProblem(headerOf(given, option));
      return message === null ? [] : [{ option, message }];
    }),
  // Nothing is published about the content type; what cannot be read is kept as unrecognised.
  contentTypes: null,
  eventTypes: [
    { name: 'document.received', description: 'A document came in for one of your participants' },
    { name: 'document.validated', description: 'A document passed validation' },
    { name: 'document.failed_validation', description: 'A document did not pass validation' },
    { name: 'transaction.created', description: 'A transmission was taken on' },
    { name: 'transaction.delivered', description: 'A transmission reached the receiver' },
    { name: 'transaction.failed', description: 'A transmission failed' },
    { name: 'participant.updated', description: "A participant's registration changed" },
  ],
  coverageOf: () => 'body',

  /** `sha256=` and hex of HMAC-SHA256(secret, body). Nothing signed says when, so there is no tolerance. */
  verify(request, credentials, given) {
    const header = headerOf(given, 'signatureHeader');
    const value = oneHeader(request, header);
    if (typeof value !== 'string') return value;
    const digest = value.startsWith(prefix) ? parseHex(value.slice(prefix.length), digestBytes) : null;
    if (digest === null) return reject('signature_malformed', `${header} is not ${prefix} and 64 hex digits.`);
    const signer = findSigner(credentials, [digest], (secret) => hmacOf('sha256', secret.value, request.body));
    if (signer === null) return reject('signature_mismatch', `No secret of the source makes the one in ${header}.`);
    return { verified: true, credential: signer.name };
  },

  /**
   * The id in the body goes before the one in the header, which is not signed. For the same reason a header's id is
   * shown but tells no duplicates: with another id in it, a captured request would pass for a new event.
   */
  identify({ body, headers }, given): Identity {
    const parsed = jsonOf(body);
    const event = textAt(parsed, 'event');
    const signedId = textAt(parsed, 'event_id');
    const [headerId = '', ...moreIds] = headers.get(headerOf(given, 'eventIdHeader')) ?? [];
    return {
      eventType: eventTypeName('goroute', event),
      externalId: keyText(signedId ?? (headerId === '' || moreIds.length > 0 ? null : headerId)),
      dedupeKey: signedId === null ? dedupeKeyOf(body) : dedupeKeyOf('event_id', signedId),
      // A document's transmission is what its later events are about, so it goes first.
      subject: keyText(textAt(parsed, 'data', 'transaction_id') ?? textAt(parsed, 'data', 'document_id')),
      occurredAtMs: instantMs(textAt(parsed, 'timestamp')),
    };
  },
};

/** The header that an option names, in lower case as requests have them. */
function headerOf(given: Options, option: keyof typeof options): string {
  return String(given[option] ?? options[option].default).toLowerCase();
}
