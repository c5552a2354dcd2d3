import { expect, test } from 'vitest';
import {
  judgeReach,
  type ReachedBy,
  type ReachFacts,
} from '../../src/drills/reliability/source.reachable-by-provider.rules.ts';

const nowMs = Date.UTC(2026, 2, 31);
const publicHost = 'hooks.example.com';
const good: ReachedBy = { origin: 'outside', host: publicHost, byPublicName: true, atMs: nowMs - 1_000 };
const caused = (arrivals: readonly ReachedBy[], rejected: { reason: string; count: number }[] = []): ReachFacts => ({
  way: 'caused',
  publicHost,
  rejected,
  arrivals,
  atMs: nowMs - 30_000,
  withinMs: 60_000,
});
const awaited = (arrivals: readonly ReachedBy[], rejected: { reason: string; count: number }[] = []): ReachFacts => ({
  way: 'awaited',
  why: 'Nothing is triggered in production',
  publicHost,
  rejected,
  arrivals,
  sinceMs: nowMs - 40 * 86_400_000,
  nowMs,
});

test.each<[string, ReachFacts, string, RegExp]>([
  ['it came from outside by the public name', caused([good]), 'passed', /within 29000 ms/],
  ['others came too', caused([good, { ...good, origin: 'loopback' }]), 'passed', /by hooks\.example\.com from outside/],
  ['nothing came', caused([]), 'failed', /told by a webhook within 60000 ms\.$/],
  [
    'all was refused',
    caused([], [{ reason: 'signature_mismatch', count: 2 }]),
    'failed',
    /signature_mismatch \(2 times\)/,
  ],
  ['it came late', caused([{ ...good, atMs: nowMs + 31_000 }]), 'failed', /later than 60000 ms/],
  ['it came over loopback', caused([{ ...good, origin: 'loopback' }]), 'failed', /over loopback/],
  ['it came from inside', caused([{ ...good, origin: 'inside' }]), 'failed', /from inside/],
  [
    'it came by another name',
    caused([{ ...good, host: '192.0.2.1', byPublicName: false }]),
    'failed',
    /by 192\.0\.2\.1, and not by/,
  ],
  ['nothing could be made', { way: 'impossible', why: 'Making a document was answered 401.' }, 'unknown', /401/],
  ['a true event came', awaited([good]), 'passed', /came by hooks\.example\.com from outside/],
  ['no event came yet', awaited([]), 'unknown', /wait for the first true event/],
  ['all events came over loopback', awaited([{ ...good, origin: 'loopback' }]), 'failed', /over loopback/],
  [
    'only refused ones came',
    awaited([], [{ reason: 'address_not_allowed', count: 1 }]),
    'failed',
    /address_not_allowed/,
  ],
  ['the last came long ago', awaited([{ ...good, atMs: nowMs - 31 * 86_400_000 }]), 'unknown', /in 30 days/],
  [
    'it came before the source was changed',
    awaited([{ ...good, atMs: nowMs - 41 * 86_400_000 }]),
    'unknown',
    /changed last/,
  ],
])('whether a provider gets through: %s', (_what, facts, state, says) => {
  const finding = judgeReach(facts);
  expect(finding.state, finding.seen).toBe(state);
  expect(finding.seen).toMatch(says);
});
