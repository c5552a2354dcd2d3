import { createPublicKey, verify } from 'node:crypto';
import { type Loose, numberAt, readObject, textAt } from '../read-json.rules.ts';

type Registered = {
  /** The RSA key whose private half signs assertions, as PEM. */
  publicKeyPem: string;
  integrationKey: string;
  userId: string;
  /** Hosts without a scheme: any of them may be the audience. */
  audiences: readonly string[];
};

type Judgement = { ok: true; scope: string } | { ok: false; description: string };

/** How far clocks may differ. */
const leewaySeconds = 60;
const lifetimeSeconds = 3600 + leewaySeconds;

/** Judges the assertion of a JWT grant (RFC 7523), RS256 as DocuSign takes it. Seconds of Unix time. */
export function judgeAssertion(assertion: string, registered: Registered, nowSeconds: number): Judgement {
  const [head = '', payload = '', signature = '', ...more] = assertion.split('.');
  if (signature === '' || more.length > 0) return refused('the assertion is no JWT');
  if (textAt(decoded(head), 'alg') !== 'RS256') return refused('the assertion is not signed with RS256');
  const key = createPublicKey(registered.publicKeyPem);
  const isSigned = verify('RSA-SHA256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url'));
  if (!isSigned) return refused('the signature does not hold with the registered key');
  const claims = decoded(payload);
  if (textAt(claims, 'iss') !== registered.integrationKey) return refused('iss is not the integration key');
  if (textAt(claims, 'sub') !== registered.userId) return refused('sub is not a user of the account');
  const audience = textAt(claims, 'aud') ?? '';
  if (!registered.audiences.includes(audience)) return refused('aud is not the host of the account server');
  const [issuedAt, expiresAt] = [numberAt(claims, 'iat'), numberAt(claims, 'exp')];
  if (issuedAt === null || issuedAt > nowSeconds + leewaySeconds) return refused('iat is missing or in the future');
  if (expiresAt === null || expiresAt <= nowSeconds) return refused('exp is missing or has passed');
  if (expiresAt - issuedAt > lifetimeSeconds) return refused('exp is more than an hour after iat');
  return { ok: true, scope: textAt(claims, 'scope') ?? '' };
}

function decoded(part: string): Loose {
  return readObject(Buffer.from(part, 'base64url')) ?? {};
}

function refused(description: string): Judgement {
  return { ok: false, description };
}
