import type { Credential, Identity, InboundRequest, Options, ProviderProfile, Rejection } from '../provider-profile.ts';
import {
  checkTolerance,
  dedupeKeyOf,
  eventTypeName,
  findBasic,
  findSigner,
  headerText,
  hmacOf,
  jsonOf,
  keyText,
  oneHeader,
  parseBase64,
  parseHex,
  reject,
  sameSecret,
  secretProblem,
  textAt,
} from '../signature.rules.ts';
import { genericOptions, headerOption, problemsOfGenericOptions, textOption } from './options.rules.ts';
import { isAmbiguousId, signedFields, signedPieces } from './signed-content.rules.ts';

const name = 'generic';
const digestBytes = { sha1: 20, sha256: 32, sha512: 64 } as const;

/** Anybody who posts with a signature, a shared secret or Basic authorization, as far as options can describe it. */
export const genericProfile: ProviderProfile = {
  name,
  title: 'Generic',
  setup:
    "Give the sender this source's URL and describe by the options how it signs, names and repeats what it sends; its " +
    'documentation says so, or a first request and its rejection. The secret is what both sides know.',
  credentialKinds: {
    secret: {
      title: 'Secret',
      description:
        'The key of the signature, or the shared secret without its prefix; user:password where scheme is basic.',
      problemOf: (value) => secretProblem(value),
    },
  },
  options: genericOptions,
  checkOptions: problemsOfGenericOptions,
  contentTypes: null,
  eventTypes: [],

  coverageOf(_kinds, options) {
    if (textOption(options, 'scheme') !== 'hmac') return 'sender';
    return signedFields(textOption(options, 'signedContent')).has('body') ? 'body' : 'fields';
  },

  verify(request, credentials, options, nowMs) {
    const [problem] = problemsOfGenericOptions(options);
    if (problem !== undefined) {
      return reject('signature_mismatch', `Correct the source: its option ${problem.option} ${problem.message}.`);
    }
    const signer = findSender(request, credentials, options, nowMs);
    return 'verified' in signer ? signer : { verified: true, credential: signer.name };
  },

  identify(request, options): Identity {
    const { body } = request;
    const parsed = jsonOf(body);
    const id = textOf(request, headerOption(options, 'idHeader'));
    const path = textAtPath(parsed, textOption(options, 'duplicatesPath'));
    const type = textOf(request, headerOption(options, 'eventTypeHeader')) ?? typeAt(parsed, options);
    const duplicatesBy = textOption(options, 'duplicatesBy');
    return {
      eventType: eventTypeName(name, type ?? textOption(options, 'eventType')),
      externalId: keyText(id ?? (duplicatesBy === 'path' ? path : null)),
      dedupeKey:
        (duplicatesBy === 'id' && id !== null ? keyById(id, body, options) : null) ??
        (duplicatesBy === 'path' && path !== null ? dedupeKeyOf('path', path) : null) ??
        dedupeKeyOf('content', signedTimeOf(request, options), body),
      subject: keyText(textAtPath(parsed, textOption(options, 'subjectPath'))),
      occurredAtMs: null,
    };
  },
};

function findSender(
  request: InboundRequest,
  credentials: readonly Credential[],
  options: Options,
  nowMs: number,
): Credential | Rejection {
  switch (textOption(options, 'scheme')) {
    case 'hmac':
      return findHmacSigner(request, credentials, options, nowMs);
    case 'shared-secret':
      return findSharedSecret(request, credentials, options);
    case 'basic':
      if (credentials.some(({ value }) => value.includes(':'))) return findBasic(request, credentials);
      return reject('signature_mismatch', 'No secret of the source is written as user:password.');
    default:
      return reject('signature_mismatch', 'Correct the source: its option scheme is none that is known.');
  }
}

function findHmacSigner(
  request: InboundRequest,
  credentials: readonly Credential[],
  options: Options,
  nowMs: number,
): Credential | Rejection {
  const given = withoutPrefix(request, options);
  if (typeof given !== 'string') return given;
  const algorithm = algorithmOf(options);
  const parse = textOption(options, 'encoding') === 'base64' ? parseBase64 : parseHex;
  const digest = parse(given, digestBytes[algorithm]);
  if (digest === null) return reject('signature_malformed', `The signature is not ${algorithm} in the encoding.`);

  const template = textOption(options, 'signedContent');
  const signed = signedFields(template);
  const timestamp = signed.has('timestamp') ? readTimestamp(request, options) : null;
  if (timestamp !== null && 'verified' in timestamp) return timestamp;
  const id = signed.has('id') ? oneHeader(request, headerOption(options, 'idHeader') ?? '') : '';
  if (typeof id !== 'string') return id;
  if (isAmbiguousId(template, id)) return reject('signature_malformed', 'The signed id holds what should separate it.');

  const pieces = signedPieces(template, { body: request.body, timestamp: timestamp?.text ?? '', id });
  const signer = findSigner(credentials, [digest], ({ value }) => hmacOf(algorithm, value, ...pieces));
  if (signer === null) return reject('signature_mismatch', 'No secret of the source makes this signature.');
  if (timestamp === null) return signer;
  return checkTolerance(timestamp.seconds, nowMs, Number(options['toleranceSeconds'])) ?? signer;
}

function findSharedSecret(
  request: InboundRequest,
  credentials: readonly Credential[],
  options: Options,
): Credential | Rejection {
  const given = withoutPrefix(request, options);
  if (typeof given !== 'string') return given;
  let found: Credential | null = null;
  for (const credential of credentials) if (sameSecret(given, credential.value)) found ??= credential;
  return found ?? reject('signature_mismatch', 'No secret of the source is the one that came along.');
}

function withoutPrefix(request: InboundRequest, options: Options): string | Rejection {
  const value = oneHeader(request, headerOption(options, 'header') ?? '');
  if (typeof value !== 'string') return value;
  const prefix = textOption(options, 'prefix');
  if (value.startsWith(prefix)) return value.slice(prefix.length);
  return reject('signature_malformed', 'The header does not begin with the prefix that the source demands.');
}

/** A zero in front would be another spelling of the same time, and might have been the end of the id before it. */
function readTimestamp(request: InboundRequest, options: Options): { text: string; seconds: number } | Rejection {
  const header = headerOption(options, 'timestampHeader') ?? '';
  const text = oneHeader(request, header, 'timestamp_missing');
  if (typeof text !== 'string') return text;
  const unit = textOption(options, 'timestampUnit');
  if (!/^[1-9]\d{0,14}$/.test(text)) return reject('timestamp_malformed', `${header} is not in Unix ${unit}.`);
  return { text, seconds: unit === 'milliseconds' ? Number(text) / 1000 : Number(text) };
}

function algorithmOf(options: Options): keyof typeof digestBytes {
  const algorithm = textOption(options, 'algorithm');
  return algorithm === 'sha1' || algorithm === 'sha512' ? algorithm : 'sha256';
}

/** An id that is not signed counts only with the body: nobody may use up the id of something else. */
function keyById(id: string, body: Buffer, options: Options): string {
  const isHmac = textOption(options, 'scheme') === 'hmac';
  const isOpen = isHmac && !signedFields(textOption(options, 'signedContent')).has('id');
  return isOpen ? dedupeKeyOf('id', id, body) : dedupeKeyOf('id', id);
}

/** Only a signed time counts: with any other in the key, changing it would make a duplicate pass for new. */
function signedTimeOf(request: InboundRequest, options: Options): string {
  if (textOption(options, 'scheme') !== 'hmac') return '';
  if (!signedFields(textOption(options, 'signedContent')).has('timestamp')) return '';
  return textOf(request, headerOption(options, 'timestampHeader')) ?? '';
}

function typeAt(parsed: unknown, options: Options): string | null {
  return textAtPath(parsed, textOption(options, 'eventTypePath'));
}

function textAtPath(parsed: unknown, path: string): string | null {
  return path === '' ? null : textAt(parsed, ...path.split('.'));
}

function textOf(request: InboundRequest, header: string | null): string | null {
  return header === null ? null : headerText(request, header);
}
