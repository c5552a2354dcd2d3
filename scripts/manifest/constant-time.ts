import { createHmac } from 'node:crypto';
import type { Credential, InboundRequest, Options, ProviderProfile } from '../../src/providers/provider-profile.ts';
import { allProfiles } from '../../src/providers/registry.ts';
import { prepareSimulation } from '../../src/simulation/prepare-simulation.ts';
import { simulators } from '../../src/simulation/simulators.rules.ts';
import { credentialsOf, defaultsOf } from '../../tests/providers/credentials-of.ts';

/** A scheme with a request that verifies, of which `spoiled` flips a bit at one end of what is compared. */
type TimedScheme = {
  scheme: string;
  verify: (request: InboundRequest) => boolean;
  genuine: InboundRequest;
  spoiled: (end: 'first' | 'last') => InboundRequest;
};

type Plain = { headers: (readonly [string, string])[]; query: string; body: Buffer };

/** Every scheme of every provider, each with a genuine request as its provider makes it. */
export async function timedSchemes(): Promise<TimedScheme[]> {
  const schemes: TimedScheme[] = [];
  for (const profile of allProfiles()) schemes.push(await schemeOf(profile));
  return schemes;
}

async function schemeOf(profile: ProviderProfile): Promise<TimedScheme> {
  const nowMs = Date.now();
  for (const credential of credentialsOf(profile)) {
    const made = await genuineOf(profile, credential, nowMs);
    if (made === null) continue;
    const { plain, options } = made;
    const verdictOf = (request: InboundRequest) => profile.verify(request, [credential], options, nowMs);
    if (!verdictOf(requestOf(plain)).verified) continue;
    const compared = comparedIn(plain, (changed) => {
      const verdict = verdictOf(requestOf(changed));
      return !verdict.verified && verdict.reason === 'signature_mismatch';
    });
    if (compared === null) continue;
    return {
      scheme: profile.name,
      verify: (request) => verdictOf(request).verified,
      genuine: requestOf(plain),
      spoiled: (end) => requestOf(compared(end)),
    };
  }
  throw new Error(
    `no request of ${profile.name} verifies, so that it cannot be timed: see scripts/manifest/constant-time.ts`,
  );
}

async function genuineOf(
  profile: ProviderProfile,
  credential: Credential,
  nowMs: number,
): Promise<{ plain: Plain; options: Options } | null> {
  const options = defaultsOf(profile);
  const simulator = simulators.get(profile.name);
  if (simulator === undefined) {
    const body = Buffer.from('{"id":1}');
    const signature = createHmac('sha256', credential.value).update(body).digest('hex');
    const named = { ...options, header: 'x-signature' };
    return { plain: { headers: [['x-signature', signature]], query: '', body }, options: named };
  }
  if (simulator.secret.problemOf(credential.value) !== null) return null;
  const url = 'http://127.0.0.1/in/source';
  const simulation = await prepareSimulation(
    { provider: profile.name, to: url, secrets: [credential.value], count: 1, seed: 'timing' },
    nowMs,
  );
  const { value } = simulation.plan.next();
  if (value === undefined) return null;
  const { headers, body, url: sentTo } = simulation.requestOf(value, simulation.stamp(1, nowMs, nowMs));
  return { plain: { headers: [...headers], query: new URL(sentTo).search, body }, options };
}

/** What is compared stands somewhere in the request: the token of which any changed end is a mismatch. */
function comparedIn(plain: Plain, isMismatch: (changed: Plain) => boolean): ((end: 'first' | 'last') => Plain) | null {
  for (const place of tokensOf(plain)) {
    const changed = (end: 'first' | 'last'): Plain => place(end);
    if (isMismatch(changed('first')) && isMismatch(changed('last'))) return changed;
  }
  return null;
}

const token = /[A-Za-z0-9+/_-]{16,}={0,2}/g;

function* tokensOf(plain: Plain): Generator<(end: 'first' | 'last') => Plain> {
  for (const [index, [name, value]] of plain.headers.entries()) {
    for (const match of value.matchAll(token)) {
      yield (end) => ({
        ...plain,
        headers: plain.headers.with(index, [name, replaced(value, match, end)]),
      });
    }
  }
  for (const match of plain.query.matchAll(token)) {
    yield (end) => ({ ...plain, query: replaced(plain.query, match, end) });
  }
  const text = plain.body.toString('latin1');
  for (const match of text.matchAll(/[0-9a-f]{64}/g)) {
    yield (end) => ({ ...plain, body: Buffer.from(replaced(text, match, end), 'latin1') });
  }
}

function replaced(text: string, match: RegExpMatchArray, end: 'first' | 'last'): string {
  const at = match.index ?? 0;
  const whole = text.slice(0, at) + spoil(match[0], end) + text.slice(at + match[0].length);
  // One piece: a string that is still put together of parts takes longer to read, by where the parts meet.
  return Buffer.from(whole, 'latin1').toString('latin1');
}

/** Another value of the same length and spelling: a bit is flipped in the first or in the last byte. */
function spoil(value: string, end: 'first' | 'last'): string {
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    const bytes = Buffer.from(value, encoding);
    if (bytes.length < 16 || bytes.toString(encoding) !== value) continue;
    const at = end === 'first' ? 0 : bytes.length - 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes.toString(encoding);
  }
  const at = end === 'first' ? 0 : value.length - 1;
  const other = value[at] === 'a' ? 'b' : 'a';
  return value.slice(0, at) + other + value.slice(at + 1);
}

function requestOf({ headers, query, body }: Plain): InboundRequest {
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const known = values.get(name.toLowerCase());
    if (known === undefined) values.set(name.toLowerCase(), [value]);
    else known.push(value);
  }
  return { method: 'POST', headers: values, query: new URLSearchParams(query), body };
}
