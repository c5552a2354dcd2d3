import { createPublicKey, verify as verifySignature } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { parseSecret } from '../../signing/secret.rules.ts';
import type { Credential, Identity, InboundRequest, Options, ProviderProfile, Rejection } from '../provider-profile.ts';
import {
  checkTolerance,
  dedupeKeyOf,
  eventTypeName,
  findSigner,
  hmacOf,
  instantMs,
  jsonOf,
  keyText,
  ofKind,
  oneHeader,
  parseBase64,
  parseUnixSeconds,
  reject,
  textAt,
} from '../signature.rules.ts';

const name = 'standard-webhooks';
/** Checking Ed25519 is dear: nobody rotates through this many keys at once. */
const signaturesMax = 16;
const publicPrefix = 'whpk_';
/** RFC 8410: the fixed bytes before a raw Ed25519 public key in SPKI. */
const spkiHeader = Buffer.from('302a300506032b6570032100', 'hex');

/** `signatures` are the entries of the list, each `version,base64`. */
type Message = { id: string; timestamp: string; timestampSeconds: number; signatures: string[]; body: Buffer };

const schemes: readonly {
  kind: string;
  version: string;
  signatureBytes: number;
  signerOf: (keys: readonly Credential[], given: readonly Buffer[], message: Message) => Credential | null;
}[] = [
  { kind: 'secret', version: 'v1', signatureBytes: 32, signerOf: findHmacSigner },
  { kind: 'public-key', version: 'v1a', signatureBytes: 64, signerOf: findEd25519Signer },
];

/**
 * Standard Webhooks 1.0.0, from whoever sends by it. Symmetric (v1) and asymmetric (v1a) signatures stand in one list;
 * a source verifies those it has a credential for, and one that has both kinds demands both.
 */
export const standardWebhooksProfile: ProviderProfile = {
  name,
  title: 'Standard Webhooks',
  setup:
    "Give the sender this source's URL, and enter here the signing secret (whsec_) or public key (whpk_) that it " +
    'shows for it. If its headers are named svix-id and so on, set headerPrefix to svix.',
  credentialKinds: {
    secret: {
      title: 'Signing secret',
      description: 'Starts with whsec_. The sender shows it with the webhook or endpoint that you make there.',
      problemOf(value) {
        const parsed = parseSecret({ scheme: 'standard-webhooks' }, value);
        return parsed.ok ? null : parsed.problem;
      },
    },
    'public-key': {
      title: 'Public key',
      description: 'Starts with whpk_. For senders that sign with Ed25519 (v1a); the private key stays with them.',
      problemOf: publicKeyProblem,
    },
  },
  options: {
    headerPrefix: {
      kind: 'choice',
      description: 'What the names of the three headers begin with. Only these are read.',
      default: 'webhook',
      choices: ['webhook', 'svix'],
    },
    toleranceSeconds: {
      kind: 'whole',
      description: 'How far the signed time of a request may be from now, in seconds.',
      default: 300,
      minimum: 1,
      maximum: 86_400,
    },
  },
  contentTypes: null,
  eventTypes: [],
  coverageOf: () => 'body',

  verify(request, credentials, options, nowMs) {
    const message = readMessage(request, headerPrefixOf(options));
    if ('verified' in message) return message;
    let signer: Credential | null = null;
    for (const { kind, version, signatureBytes, signerOf } of schemes) {
      const keys = ofKind(credentials, kind);
      if (keys.length === 0) continue;
      const given = readSignatures(message.signatures, version, signatureBytes);
      if (!Array.isArray(given)) return given;
      const found = signerOf(keys, given, message);
      if (found === null) return reject('signature_mismatch', `No ${kind} of the source fits a ${version} signature.`);
      signer ??= found;
    }
    if (signer === null) return reject('signature_mismatch', 'The source has no secret and no public key.');
    const toleranceSeconds = Number(options['toleranceSeconds']);
    const stale = checkTolerance(message.timestampSeconds, nowMs, toleranceSeconds);
    return stale ?? { verified: true, credential: signer.name };
  },

  /** The id is signed and stays the same when an attempt is repeated, so it alone tells duplicates. */
  identify(request, options): Identity {
    const id = oneHeader(request, `${headerPrefixOf(options)}-id`);
    const parsed = jsonOf(request.body);
    return {
      eventType: eventTypeName(name, textAt(parsed, 'type')),
      externalId: typeof id === 'string' ? keyText(id) : null,
      dedupeKey: typeof id === 'string' ? dedupeKeyOf('id', id) : dedupeKeyOf('body', request.body),
      subject: null,
      occurredAtMs: instantMs(textAt(parsed, 'timestamp')),
    };
  },
};

function headerPrefixOf(options: Options): string {
  return options['headerPrefix'] === 'svix' ? 'svix' : 'webhook';
}

function readMessage(request: InboundRequest, prefix: string): Message | Rejection {
  const list = oneHeader(request, `${prefix}-signature`);
  if (typeof list !== 'string') return list;
  const id = oneHeader(request, `${prefix}-id`);
  if (typeof id !== 'string') return id;
  const timestamp = oneHeader(request, `${prefix}-timestamp`, 'timestamp_missing');
  if (typeof timestamp !== 'string') return timestamp;
  // Dots part what is signed: with one in the id, the same signature would fit another id, time and body.
  if (id.includes('.')) return reject('signature_malformed', `${prefix}-id has a dot in it, which makes it ambiguous.`);
  const timestampSeconds = parseUnixSeconds(timestamp);
  if (timestampSeconds === null) return reject('timestamp_malformed', `${prefix}-timestamp is not in Unix seconds.`);
  const signatures = list.split(' ');
  if (signatures.length > signaturesMax) {
    return reject('signature_malformed', `${prefix}-signature holds more than ${signaturesMax} signatures.`);
  }
  return { id, timestamp, timestampSeconds, signatures, body: request.body };
}

/** Signatures of other versions are none of our business; one of this version that cannot be read spoils the list. */
function readSignatures(entries: readonly string[], version: string, bytes: number): Buffer[] | Rejection {
  const given: Buffer[] = [];
  for (const entry of entries) {
    if (!/^[a-z0-9]+,./.test(entry)) return reject('signature_malformed', 'The list of signatures cannot be read.');
    if (!entry.startsWith(`${version},`)) continue;
    const signature = parseBase64(entry.slice(version.length + 1), bytes);
    if (signature === null) return reject('signature_malformed', `A ${version} signature is not base64 of its size.`);
    given.push(signature);
  }
  return given.length > 0 ? given : reject('signature_missing', `The list holds no ${version} signature.`);
}

function findHmacSigner(keys: readonly Credential[], given: readonly Buffer[], message: Message): Credential | null {
  const head = headOf(message);
  return findSigner(keys, given, ({ value }) => {
    const secret = parseSecret({ scheme: 'standard-webhooks' }, value);
    return secret.ok ? hmacOf('sha256', secret.key.export(), head, message.body) : Buffer.alloc(0);
  });
}

function findEd25519Signer(keys: readonly Credential[], given: readonly Buffer[], message: Message): Credential | null {
  const content = Buffer.concat([Buffer.from(headOf(message)), message.body]);
  for (const credential of keys) {
    const key = publicKeyOf(credential.value);
    if (key !== null && given.some((signature) => verifySignature(null, content, key, signature))) return credential;
  }
  return null;
}

function headOf({ id, timestamp }: Message): string {
  return `${id}.${timestamp}.`;
}

function publicKeyOf(text: string): KeyObject | null {
  const bytes = text.startsWith(publicPrefix) ? parseBase64(text.slice(publicPrefix.length), 32) : null;
  if (bytes === null) return null;
  return createPublicKey({ key: Buffer.concat([spkiHeader, bytes]), format: 'der', type: 'spki' });
}

function publicKeyProblem(value: string): string | null {
  if (value.startsWith('whsk_')) {
    return 'This is a private key, which only the sender should have: enter its public key, which starts with whpk_.';
  }
  if (!value.startsWith(publicPrefix)) return `The public key must start with ${publicPrefix}.`;
  return publicKeyOf(value) === null
    ? `What follows ${publicPrefix} must be base64 of an Ed25519 key, 32 bytes.`
    : null;
}
