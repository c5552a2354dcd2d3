import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Answer,
  type Credential,
  type Identity,
  type InboundRequest,
  type Options,
  type ProviderProfile,
  rejectionReasons,
} from '../../src/providers/provider-profile.ts';
import { arbitraryRequests } from './arbitrary-requests.ts';
import { credentialsOf, optionSetsOf } from './credentials-of.ts';

const controlCharacter = /\p{Cc}/u;
export const eventTypePattern = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;
/** The beginning of the year 0: earlier ones would not be in what providers write. */
const earliestMs = -62_167_219_200_000;

type Situation = { options: Options; credentials: readonly Credential[]; request: InboundRequest; nowMs: number };

/** @returns what was broken, with the least request that breaks it and the seed; null when nothing was. */
export function brokenPromise(profile: ProviderProfile, run: { numRuns: number; seed?: number }): string | null {
  const property = fc.property(situationsOf(profile), (situation) => holdPromises(profile, situation));
  const details = fc.check(property, run);
  return details.failed ? `${String(details.errorInstance)}\n${fc.defaultReportMessage(details)}` : null;
}

/** Why a sample of such requests is refused: whether they get past the first look at all. */
export function reasonsReached(profile: ProviderProfile): Set<string> {
  const sample = fc.sample(situationsOf(profile), { numRuns: 1_000, seed: 1 });
  const verdicts = sample.map(({ request, credentials, options, nowMs }) =>
    profile.verify(request, credentials, options, nowMs),
  );
  return new Set(verdicts.map((verdict) => (verdict.verified ? 'verified' : verdict.reason)));
}

/** Every set of options with all credentials, and with those of one kind alone. */
function situationsOf(profile: ProviderProfile): fc.Arbitrary<Situation> {
  const credentials = credentialsOf(profile);
  const given = optionSetsOf(profile).flatMap((options) =>
    [credentials, ...credentials.map((each) => [each])].map((some) => ({ options, credentials: some })),
  );
  return fc.oneof(
    ...given.map((each) =>
      fc.record({
        options: fc.constant(each.options),
        credentials: fc.constant(each.credentials),
        request: arbitraryRequests(profile, each.options, each.credentials),
        nowMs: fc.constantFrom(1_669_926_463_000, 1_669_926_463_000, 0, 8.64e15),
      }),
    ),
  );
}

/** What every profile promises about every request that nobody signed. @throws AssertionError */
function holdPromises(profile: ProviderProfile, { request, credentials, options, nowMs }: Situation): void {
  const before = structuredClone({ body: request.body, headers: request.headers });
  isRejected(profile, request, credentials, options, nowMs);
  isRejected(profile, request, [], options, nowMs);

  const identity = profile.identify(request, options);
  isSound(identity);
  assert.deepEqual(profile.identify(request, options), identity, 'identify says the same again');

  const asked = profile.handshake?.(request, credentials, options) ?? null;
  if (asked !== null) isAnswer(asked, credentials);
  if (profile.answer !== undefined) isAnswer(profile.answer(request, credentials, options), credentials);
  isRedacted(profile, request.body);

  assert.deepEqual({ body: new Uint8Array(request.body), headers: request.headers }, { ...before }, 'left as it came');
}

function isRejected(
  profile: ProviderProfile,
  request: InboundRequest,
  credentials: readonly Credential[],
  options: Options,
  nowMs: number,
): void {
  const verdict = profile.verify(request, credentials, options, nowMs);
  assert.ok(!verdict.verified, 'nothing verifies that nobody signed');
  const { reason, detail } = verdict;
  assert.ok(Object.hasOwn(rejectionReasons, reason), `${reason} is a reason`);
  assert.ok(detail.length > 0 && detail.length <= 300 && !controlCharacter.test(detail), `detail: ${detail}`);
  const received = [...(request.headers as ReadonlyMap<string, readonly string[]>).values()]
    .flat()
    .filter((value) => value.length > 20);
  for (const secret of [...credentials.map(({ value }) => value), ...received]) {
    assert.ok(!detail.includes(secret), 'the detail quotes no secret and nothing received');
  }
}

function isSound({ eventType, externalId, dedupeKey, subject, occurredAtMs }: Identity): void {
  assert.match(eventType, eventTypePattern);
  assert.doesNotMatch(eventType, /^posthorn\./i);
  for (const text of [dedupeKey, subject, externalId]) {
    if (text === null) continue;
    assert.ok(text.length >= 1 && text.length <= 200, `1 to 200 characters: ${text.length}`);
    assert.ok(text.isWellFormed() && !controlCharacter.test(text), 'without control characters');
  }
  if (occurredAtMs === null) return;
  assert.ok(Number.isFinite(occurredAtMs), 'a time is a number');
  assert.ok(occurredAtMs >= earliestMs && occurredAtMs <= 8.64e15, 'a time that PostgreSQL has');
}

/** A credential may only go back to whoever brought it, and these requests bring none. */
function isAnswer({ status, contentType, body }: Answer, credentials: readonly Credential[]): void {
  assert.ok(Number.isInteger(status) && status >= 200 && status < 600, `status ${status}`);
  assert.ok(contentType === null || /^[\x21-\x7e]+(; ?[\x21-\x7e]+)*$/.test(contentType), `type ${contentType}`);
  assert.equal(typeof body, 'string');
  for (const { value } of credentials) assert.ok(!body.includes(value), 'an answer gives no credential away');
}

function isRedacted(profile: ProviderProfile, body: Buffer): void {
  const shown = profile.redact?.(body) ?? null;
  if (shown === null) return;
  assert.ok(Buffer.isBuffer(shown));
  if (isJson(body)) assert.ok(isJson(shown), 'JSON stays JSON');
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
