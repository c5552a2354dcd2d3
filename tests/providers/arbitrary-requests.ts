import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import type { Credential, InboundRequest, Options, ProviderProfile } from '../../src/providers/provider-profile.ts';
import { arbitraryText, bodiesWith, boundary, shapes, words } from './arbitrary-bodies.ts';

const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));

/** Signatures as they look, and true ones of another body: what somebody could have recorded. */
function signatureTexts(credentials: readonly Credential[]): fc.Arbitrary<string> {
  const keys = fc.constantFrom('another-secret', ...credentials.map(({ value }) => value));
  const digests = fc
    .tuple(keys, fc.constantFrom('another body', '1669926463another', '{}{}'))
    .map(([key, message]) => createHmac('sha256', key).update(message).digest());
  const spelled = fc.oneof(
    hex,
    digests.map((digest) => digest.toString('hex')),
    digests.map((digest) => digest.toString('base64')),
    digests.map((digest) => digest.toString('base64url')),
  );
  const seconds = fc.constantFrom('1669926463', '0', '-1', '99999999999999999999', '1e9', '');
  const prefixes = fc.constantFrom('', 'Basic ', 'Bearer ', ...words('sha256= v0= v1= v1, v1a, SHA256='));
  const long = fc.constantFrom('a'.repeat(9_000), ','.repeat(5_000), 't='.repeat(3_000), 'v1, '.repeat(2_000));
  return fc.oneof(
    {
      arbitrary: fc
        .tuple(fc.constantFrom('#hex', 'sha256=#hex', 'v0=#hex', 't=1669926463,v1=#hex', '#64', 'v1,#64'), digests)
        .map(([form, it]) => form.replace('#hex', it.toString('hex')).replace('#64', it.toString('base64'))),
      weight: 10,
    },
    { arbitrary: fc.tuple(prefixes, spelled).map(([prefix, signature]) => prefix + signature), weight: 4 },
    fc.tuple(seconds, spelled, spelled).map(([at, one, two]) => `t=${at},v1=${one},v1=${two}`),
    fc.array(spelled, { maxLength: 4 }).map((several) => several.map((one) => `v1,${one}`).join(' ')),
    { arbitrary: seconds, weight: 2 },
    arbitraryText,
    long,
  );
}

const contentTypes = fc.constantFrom(
  '',
  'application/json; charset=utf-8',
  'multipart/form-data; boundary=',
  ...Array.from({ length: 5 }, () => `multipart/form-data; boundary=${boundary}`),
  `multipart/form-data; boundary="${boundary}"`,
  `multipart/form-data; ${'a='.repeat(300)}`,
  ...words('application/json multipart/form-data text/xml ; multipart/ application/x-www-form-urlencoded'),
);

/**
 * Requests of every kind, which look at the headers and parameters that this profile looks at and have none of its
 * credentials: nothing of them may verify.
 */
export function arbitraryRequests(
  profile: ProviderProfile,
  options: Options,
  credentials: readonly Credential[],
): fc.Arbitrary<InboundRequest> {
  const { headers, parameters } = watch(profile, options, credentials);
  const signature = signatureTexts(credentials);
  const header = (name: string): fc.Arbitrary<readonly [string, readonly string[]]> =>
    valuesOf(name, signature).map((values) => [name, values] as const);
  const known = headers.slice(0, 8).map(header);
  const others = fc.array(fc.oneof(arbitraryText, fc.constantFrom('x', ...headers)).chain(header), { maxLength: 2 });
  const names = fc.oneof({ arbitrary: fc.constantFrom('signature', ...parameters), weight: 8 }, arbitraryText);
  return fc
    .record({
      method: fc.constantFrom<'GET' | 'POST'>('POST', 'POST', 'POST', 'GET'),
      present: fc.oneof(
        fc.tuple(...known),
        fc.subarray(known).chain((some) => fc.tuple(...some)),
      ),
      others,
      contentType: fc.option(fc.tuple(contentTypes)),
      query: fc.array(fc.tuple(names, signature), { maxLength: 2 }),
      body: fc.oneof(
        { arbitrary: bodiesWith(signature, shapesOf(profile, options)).map((body) => Buffer.from(body)), weight: 8 },
        fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      ),
    })
    .map(({ method, present, others: more, contentType, query, body }) => ({
      method,
      headers: new Map<string, readonly string[]>([
        ...(contentType === null ? [] : [['content-type', contentType] as const]),
        ...[...present, ...more].map(([name, values]) => [name.toLowerCase(), values] as const),
      ]),
      query: new URLSearchParams(
        query.map(([name, value]): [string, string] => [name.toWellFormed(), value.toWellFormed()]),
      ),
      body,
    }));
}

/** Mostly one value, and for a time or an id mostly one that can be read. */
function valuesOf(name: string, signature: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> {
  let likely = signature;
  if (/time/.test(name)) likely = fc.constant('1669926463');
  else if (name.endsWith('-id')) likely = fc.uuid();
  return fc.oneof(
    { arbitrary: fc.tuple(likely), weight: 8 },
    fc.array(signature, { maxLength: 3 }),
    fc.tuple(contentTypes),
  );
}

/** The headers and parameters that a profile asks for, learned by watching it ask. */
function watch(
  profile: ProviderProfile,
  options: Options,
  credentials: readonly Credential[],
): { headers: string[]; parameters: string[] } {
  const headers = new Set<string>();
  const parameters = new Set<string>();
  for (const value of [undefined, 'x', '1669926463', `v1=${'0'.repeat(64)}`]) {
    const answer = value === undefined ? [] : [value];
    const request: InboundRequest = {
      method: 'POST',
      headers: new (class extends Map<string, readonly string[]> {
        override get(name: string): readonly string[] | undefined {
          headers.add(name);
          return value === undefined ? undefined : answer;
        }
      })(),
      query: new (class extends URLSearchParams {
        override get(name: string): string | null {
          parameters.add(name);
          return value ?? null;
        }
        override getAll(name: string): string[] {
          parameters.add(name);
          return answer;
        }
      })(),
      body: Buffer.from('{}'),
    };
    attempt(() => profile.verify(request, credentials, options, 1_669_926_463_000));
    attempt(() => profile.identify(request, options));
    attempt(() => profile.handshake?.(request, credentials, options));
    attempt(() => profile.handshake?.({ ...request, method: 'GET' }, credentials, options));
  }
  headers.delete('content-type');
  return { headers: [...headers], parameters: [...parameters] };
}

/** The shapes that this profile reads a name from; all of them where it reads none. */
function shapesOf(profile: ProviderProfile, options: Options): readonly string[] {
  const own = shapes.filter((shape) => {
    const body = Buffer.from(shape.replaceAll(/#[a-z]+/g, '"sample"'));
    const request: InboundRequest = { method: 'POST', headers: new Map(), query: new URLSearchParams(), body };
    return attempt(() => profile.identify(request, options).eventType.includes('sample')) === true;
  });
  return own.length === 0 ? shapes : own;
}

/** What throws here will throw again where it is looked for. */
function attempt<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
