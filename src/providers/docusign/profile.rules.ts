import { isJsonObject } from '../../filtering/json.rules.ts';
import { withoutLongStrings } from '../long-strings.rules.ts';
import type { Credential, Identity, InboundRequest, ProviderProfile, Rejection } from '../provider-profile.ts';
import {
  dedupeKeyOf,
  eventTypeName,
  findBasic,
  findSigner,
  hmacOf,
  instantMs,
  jsonOf,
  keyText,
  ofKind,
  parseBase64,
  reject,
  secretProblem,
  textAt,
} from '../signature.rules.ts';
import { docusignEventTypes } from './event-types.rules.ts';

/** An account may have this many keys; each signs in a header of its own. */
const keysMax = 100;
const digestBytes = 32;
const digestChars = 44;
/** Nothing that an event is known by is this long; documents are. */
const documentBytes = 16_384;

const signatureHeaders = Array.from({ length: keysMax }, (_, index) => `x-docusign-signature-${index + 1}`);

/**
 * DocuSign Connect in the JSON SIM format. Bodies carry whole PDFs in base64: they are signed over as they came and
 * read without them, in `identify`.
 */
export const docusignProfile: ProviderProfile = {
  name: 'docusign',
  title: 'DocuSign Connect',
  setup:
    "In DocuSign's settings under Connect, add a configuration that sends JSON SIM to this source's URL, with HMAC " +
    'signatures on, and enter its HMAC key here. Basic authentication can come on top, or serve alone where it must.',
  credentialKinds: {
    hmac: {
      title: 'HMAC key',
      description:
        'A key from the Connect keys in DocuSign, exactly as it is shown there, with any = at its end: the text itself ' +
        'is the key. Enter every key that is in use.',
      problemOf: hmacKeyProblem,
    },
    basic: {
      title: 'Basic authentication',
      description:
        'The user name and password of the Connect configuration, as user:password. Alone it proves who sent a ' +
        'request, but not that nothing was changed.',
      problemOf: basicProblem,
    },
  },
  options: {},
  // It is not published what is sent with JSON SIM; what cannot be read is kept as unrecognised.
  contentTypes: null,
  eventTypes: docusignEventTypes,
  coverageOf: (kinds) => (kinds.has('hmac') ? 'body' : 'sender'),

  /** Every kind that the source has must fit: Basic authentication is no way around a signature. */
  verify(request, credentials) {
    const keys = ofKind(credentials, 'hmac');
    const basics = ofKind(credentials, 'basic');
    const signer = keys.length === 0 ? null : findSignature(request, keys);
    if (signer !== null && 'reason' in signer) return signer;
    const sender = basics.length === 0 ? null : findBasic(request, basics);
    if (sender !== null && 'reason' in sender) return sender;
    const found = signer ?? sender;
    if (found === null) return reject('credentials_expired', 'No credential is left to verify with.');
    return { verified: true, credential: found.name };
  },

  identify({ body }): Identity {
    const parsed = jsonOf(withoutLongStrings(body, documentBytes));
    const event = textAt(parsed, 'event');
    const envelopeId = textAt(parsed, 'data', 'envelopeId');
    const generated = textAt(parsed, 'generatedDateTime');
    return {
      eventType: eventTypeName('docusign', event),
      externalId: null,
      dedupeKey: dedupeKey(parsed, event, generated) ?? dedupeKeyOf(body),
      // Events of templates and clickwraps have no envelope; their address is what is known of them.
      subject: event === null ? null : keyText(envelopeId ?? textAt(parsed, 'uri')),
      occurredAtMs: event === null ? null : instantMs(generated),
    };
  },
};

/** base64(HMAC-SHA256(key, body)) in one header a key, numbered from 1: any that fits will do, and each comes once. */
function findSignature(request: InboundRequest, keys: readonly Credential[]): Credential | Rejection {
  const given: Buffer[] = [];
  let headerCount = 0;
  for (const header of signatureHeaders) {
    const values = request.headers.get(header) ?? [];
    if (values.length > 1) return reject('signature_repeated', `${header} came ${values.length} times.`);
    const [value = ''] = values;
    if (value === '') continue;
    headerCount += 1;
    const digest = value.length === digestChars ? parseBase64(value, digestBytes) : null;
    if (digest !== null) given.push(digest);
  }
  if (headerCount === 0) {
    return reject('signature_missing', `There is no ${signatureHeaders[0]} header: turn HMAC on in Connect.`);
  }
  if (given.length === 0) return reject('signature_malformed', 'No X-DocuSign-Signature header is base64 of 32 bytes.');
  const signer = findSigner(keys, given, (key) => hmacOf('sha256', key.value, request.body));
  return signer ?? reject('signature_mismatch', 'No HMAC key of the source makes any of the signatures.');
}

/**
 * The same for every attempt at one notification, whose retryCount alone differs, and for several configurations that
 * tell of one event. Recipients of an envelope may act in the same instant. Null where too little is known to tell two
 * events apart: one that comes twice is better than one that is lost.
 */
function dedupeKey(parsed: unknown, event: string | null, generated: string | null): string | null {
  if (event === null || generated === null) return null;
  const envelopeId = textAt(parsed, 'data', 'envelopeId');
  const recipientId = textAt(parsed, 'data', 'recipientId');
  if (envelopeId === null) return dedupeKeyOf(event, generated, textAt(parsed, 'uri') ?? '', ...scalarsOfData(parsed));
  if (recipientId === null && event.startsWith('recipient-')) return null;
  return dedupeKeyOf(event, generated, envelopeId, recipientId ?? '');
}

/** The ids of things other than envelopes, whatever they are called. */
function scalarsOfData(parsed: unknown): string[] {
  const data = isJsonObject(parsed) && isJsonObject(parsed.data) ? parsed.data : {};
  return Object.keys(data)
    .toSorted()
    .flatMap((name) => [name, textAt(data, name) ?? '']);
}

function hmacKeyProblem(value: string): string | null {
  return secretProblem(value) ?? (value.includes(' ') ? 'It has a space in it; copy the key alone.' : null);
}

function basicProblem(value: string): string | null {
  return secretProblem(value) ?? (/^[^:]+:./.test(value) ? null : 'Put a colon between user name and password.');
}
