import { describe, expect, test } from 'vitest';
import type { Credential, InboundRequest, Options, ProviderProfile } from '../../src/providers/provider-profile.ts';

/** A profile's request signed by an implementation that is not its own. */
export type SignedCase = {
  profile: ProviderProfile;
  /** Every option, as a source would have them. */
  options: Options;
  /** Two secrets of the kind that signs. */
  credential: Credential;
  otherCredential: Credential;
  nowMs: number;
  body: Buffer;
  /** A request of this body, signed at `signedAtMs` with the credential's value. */
  sign(input: { body: Buffer; credential: Credential; signedAtMs: number }): InboundRequest;
  /** Where the signature or the secret is: what is damaged, repeated and left out. */
  signatureIn: { header: string } | { query: string } | SignatureInBody;
  /** How far from now a request may be; null where the scheme has no timestamp. */
  toleranceSeconds: number | null;
};

/** A signature that is a field of the body. */
type SignatureInBody = {
  valuesOf(request: InboundRequest): readonly string[];
  /** The same request with none, one or several of the field. */
  withValues(request: InboundRequest, values: readonly string[]): InboundRequest;
};

/** Makes an InboundRequest from plain headers. */
export function inbound(input: {
  headers: Record<string, string | readonly string[]>;
  body: Buffer | string;
  query?: Record<string, string>;
  method?: 'GET' | 'POST';
}): InboundRequest {
  return {
    method: input.method ?? 'POST',
    headers: new Map(
      Object.entries(input.headers).map(([name, value]) => [
        name.toLowerCase(),
        typeof value === 'string' ? [value] : value,
      ]),
    ),
    query: new URLSearchParams(input.query ?? {}),
    body: Buffer.from(input.body),
  };
}

/** The rows that every profile has to pass; `name` tells the cases of one profile apart. */
export function describeSigned(name: string, given: SignedCase): void {
  const { profile, options, credential, otherCredential, nowMs } = given;
  const signed = (by: Credential = credential, signedAtMs: number = nowMs): InboundRequest =>
    given.sign({ body: given.body, credential: by, signedAtMs });
  const verify = (request: InboundRequest, credentials: readonly Credential[] = [credential], atMs: number = nowMs) =>
    profile.verify(request, credentials, options, atMs);
  const coverage = profile.coverageOf(new Set([credential.kind]), options);

  describe(`${profile.name}: ${name}`, () => {
    test('what its own provider signs is verified, and says by which credential', () => {
      expect(verify(signed())).toEqual({ verified: true, credential: credential.name });
    });

    test('while secrets rotate either fits, in any order', () => {
      for (const credentials of [
        [credential, otherCredential],
        [otherCredential, credential],
      ]) {
        expect(verify(signed(credential), credentials)).toEqual({ verified: true, credential: credential.name });
        expect(verify(signed(otherCredential), credentials)).toEqual({
          verified: true,
          credential: otherCredential.name,
        });
      }
    });

    test('another secret does not fit', () => {
      expect(verify(signed(otherCredential))).toMatchObject({ verified: false, reason: 'signature_mismatch' });
    });

    test('nothing fits a source without credentials', () => {
      expect(verify(signed(), [])).toMatchObject({ verified: false });
    });

    test.runIf(coverage === 'body')('a body with one bit changed, one byte less or more is refused', () => {
      const request = signed();
      const flipped = Buffer.from(request.body);
      flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
      for (const body of [flipped, request.body.subarray(0, -1), Buffer.concat([request.body, Buffer.from('\n')])]) {
        expect(verify({ ...request, body })).toMatchObject({ verified: false });
      }
    });

    test.runIf(coverage === 'body')('the same text in another spelling is refused', () => {
      const request = signed();
      const respelled = Buffer.from(`${request.body.toString().replaceAll(/[\s]/g, '')} `);
      expect(verify({ ...request, body: respelled })).toMatchObject({ verified: false });
    });

    const { signatureIn } = given;
    test('without its signature it is refused, as is an empty one', () => {
      expect(verify(withSignature(signed(), signatureIn, []))).toMatchObject({
        verified: false,
        reason: 'signature_missing',
      });
      expect(verify(withSignature(signed(), signatureIn, ['']))).toMatchObject({ verified: false });
    });

    test('a signature that is sent twice is refused, even if both are right', () => {
      const [value = ''] = signatureOf(signed(), signatureIn);
      for (const values of [
        [value, value],
        ['x', value],
      ]) {
        expect(verify(withSignature(signed(), signatureIn, values))).toMatchObject({
          verified: false,
          reason: 'signature_repeated',
        });
      }
    });

    test('a signature that is cut short, drawn out, re-encoded or endless is refused', () => {
      const [value = ''] = signatureOf(signed(), signatureIn);
      const spoilt = [value.slice(0, -1), value.slice(0, 1), `${value}A`, `${value}=`, 'a'.repeat(100_000)];
      for (const text of [...spoilt, Buffer.from(value).toString('base64'), `${value}\u0000`]) {
        expect(verify(withSignature(signed(), signatureIn, [text]))).toMatchObject({ verified: false });
      }
    });

    const toleranceSeconds = given.toleranceSeconds ?? 0;
    test.runIf(given.toleranceSeconds !== null)(
      'what was signed too long ago, or in the future, is refused as stale',
      () => {
        const stale = { verified: false, reason: 'timestamp_outside_tolerance' };
        for (const awaySeconds of [toleranceSeconds + 2, -toleranceSeconds - 2, 86_400]) {
          expect(verify(signed(credential, nowMs - awaySeconds * 1000))).toMatchObject(stale);
        }
        for (const awaySeconds of [toleranceSeconds - 2, -toleranceSeconds + 2]) {
          expect(verify(signed(credential, nowMs - awaySeconds * 1000))).toMatchObject({ verified: true });
        }
      },
    );

    test('a rejection quotes neither the secret, nor the signature, nor the body', () => {
      const [value = ''] = signatureOf(signed(), signatureIn);
      const verdict = verify(signed(otherCredential));
      const text = JSON.stringify(verdict);
      for (const secret of [credential.value, otherCredential.value, value, given.body.toString().slice(0, 40)]) {
        expect(text).not.toContain(secret);
      }
    });
  });
}

function signatureOf(request: InboundRequest, place: SignedCase['signatureIn']): readonly string[] {
  if ('valuesOf' in place) return place.valuesOf(request);
  return 'header' in place ? (request.headers.get(place.header) ?? []) : request.query.getAll(place.query);
}

function withSignature(
  request: InboundRequest,
  place: SignedCase['signatureIn'],
  values: readonly string[],
): InboundRequest {
  if ('withValues' in place) return place.withValues(request, values);
  if ('header' in place) {
    const headers = new Map(request.headers as ReadonlyMap<string, readonly string[]>);
    if (values.length === 0) headers.delete(place.header);
    else headers.set(place.header, values);
    return { ...request, headers };
  }
  const query = new URLSearchParams(request.query);
  query.delete(place.query);
  for (const value of values) query.append(place.query, value);
  return { ...request, query };
}
