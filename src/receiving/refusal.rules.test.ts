import { expect, test } from 'vitest';
import { rejectionReasons, type RejectionReason } from '../providers/provider-profile.ts';
import { problemCodes } from '../problem.ts';
import { refusalOf } from './refusal.rules.ts';

const statuses: Readonly<Record<RejectionReason, number>> = {
  signature_missing: 401,
  signature_repeated: 401,
  signature_malformed: 401,
  signature_mismatch: 401,
  timestamp_missing: 401,
  timestamp_malformed: 401,
  timestamp_outside_tolerance: 401,
  body_unreadable: 401,
  credentials_expired: 401,
  address_not_allowed: 403,
  rate_limited: 429,
  body_too_large: 413,
  content_type_not_taken: 415,
  content_encoding_not_taken: 415,
  method_not_taken: 405,
};
const reasons = Object.keys(rejectionReasons) as RejectionReason[];
const refuse = (reason: RejectionReason, ratePerSecond: number | null = null) =>
  refusalOf({ verified: false, reason, detail: `detail of ${reason}` }, { ratePerSecond });

test.each(reasons)('%s has its status', (reason) => {
  expect(refuse(reason).status).toBe(statuses[reason]);
});

test('whoever tries signatures learns nothing: all of these are refused in the same words', () => {
  const details = reasons.filter((reason) => statuses[reason] === 401).map((reason) => refuse(reason).message);
  expect(new Set(details).size).toBe(1);
  expect(details[0]).not.toMatch(/detail of/);
  expect(refuse('address_not_allowed').message).not.toMatch(/detail of/);
});

test('no sender is told of an API key: there is none in what a provider sends', () => {
  for (const reason of reasons) expect(problemCodes[refuse(reason).code].title).not.toMatch(/API key/);
});

test('what a sender can mend is told', () => {
  for (const reason of [
    'body_too_large',
    'content_type_not_taken',
    'content_encoding_not_taken',
    'method_not_taken',
  ] as const) {
    expect(refuse(reason).message).toBe(`detail of ${reason}`);
  }
});

test.each([
  [50, 1],
  [1, 1],
  [0.1, 10],
  [0.01, 100],
  [null, 1],
])('at %s requests a second one may come again after %s s', (perSecond, seconds) => {
  expect(refuse('rate_limited', perSecond).retryAfterSeconds).toBe(seconds);
});
