import { sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createHmacSha256 } from './hmac-sha256.rules.ts';
import { parseSecret } from './secret.rules.ts';
import { defaultHexPrefix, previousSignatureHeader, signingSchemeProblem } from './signing-scheme.rules.ts';
import type { SigningScheme } from './signing-scheme.rules.ts';

/** What is signed. `id` has no dot in it and `body` is exactly what is sent. */
type SigningInput = { id: string; timestampSeconds: number; body: Buffer };

/** Signs the requests of one endpoint; the headers come flat: name, value, name, value. */
export type Signer = { headersFor(input: SigningInput): string[] };

type ParsedKey = { key: KeyObject; text: string };

/**
 * Prepares a signer once, so that signing a request only hashes. `secrets` is newest first and holds what
 * `parseSecret` accepts; anything else is a mistake in the caller and a TypeError without the secret in it.
 *
 * While a rotation overlaps, Standard Webhooks carries every signature in its one header. For hmac-sha256-hex the
 * configured header has the newest signature alone, since receivers compare it as a whole; older ones stand,
 * space-separated, in `<header>-previous`. shared-secret-header sends the newest secret only: an older one may be
 * the leaked one.
 */
export function createSigner(scheme: SigningScheme, secrets: readonly string[]): Signer {
  const problem = signingSchemeProblem(scheme);
  if (problem !== null) throw new TypeError(problem);
  const [newest, ...older] = secrets.map((secret) => parsedOrThrow(scheme, secret));
  if (newest === undefined) throw new TypeError('A signer needs at least one secret.');
  switch (scheme.scheme) {
    case 'standard-webhooks':
      return standardSigner([newest, ...older].map(({ key }) => signsWithHmac(key)));
    case 'standard-webhooks-ed25519':
      return standardSigner([newest, ...older].map(({ key }) => signsWithEd25519(key)));
    case 'hmac-sha256-hex':
      return hexSigner(scheme.header, scheme.prefix ?? defaultHexPrefix, newest, older);
    case 'shared-secret-header':
      return { headersFor: (input) => withIdentity(input, scheme.header, newest.text) };
  }
}

function parsedOrThrow(scheme: SigningScheme, secret: string): ParsedKey {
  const parsed = parseSecret(scheme, secret);
  if (!parsed.ok) throw new TypeError(parsed.problem);
  return parsed;
}

function withIdentity({ id, timestampSeconds }: SigningInput, header: string, value: string): string[] {
  return ['webhook-id', id, 'webhook-timestamp', String(timestampSeconds), header, value];
}

/** Standard Webhooks 1.0.0: the signed content is `{id}.{timestamp}.{body}`. */
function standardSigner(signatures: readonly ((input: SigningInput) => string)[]): Signer {
  const [only] = signatures;
  if (only !== undefined && signatures.length === 1) {
    return { headersFor: (input) => withIdentity(input, 'webhook-signature', only(input)) };
  }
  return {
    headersFor(input) {
      const all = signatures.map((signature) => signature(input)).join(' ');
      return withIdentity(input, 'webhook-signature', all);
    },
  };
}

function signsWithHmac(key: KeyObject): (input: SigningInput) => string {
  const hmac = createHmacSha256(key);
  return ({ id, timestampSeconds, body }) => `v1,${hmac(`${id}.${timestampSeconds}.`, body, 'base64')}`;
}

/** Ed25519 reads the message twice, so it has to stand in one piece. */
function signsWithEd25519(key: KeyObject): (input: SigningInput) => string {
  return ({ id, timestampSeconds, body }) => {
    const content = Buffer.concat([Buffer.from(`${id}.${timestampSeconds}.`), body]);
    return `v1a,${sign(null, content, key).toString('base64')}`;
  };
}

function hexSigner(header: string, prefix: string, newest: ParsedKey, older: readonly ParsedKey[]): Signer {
  const signs = ({ key }: ParsedKey) => {
    const hmac = createHmacSha256(key);
    return (body: Buffer) => prefix + hmac('', body, 'hex');
  };
  const hex = signs(newest);
  const previous = older.map(signs);
  const previousHeader = previousSignatureHeader(header);
  return {
    headersFor(input) {
      const headers = withIdentity(input, header, hex(input.body));
      if (previous.length > 0) headers.push(previousHeader, previous.map((each) => each(input.body)).join(' '));
      return headers;
    },
  };
}
