import fc from 'fast-check';
import { expect, test } from 'vitest';
import { docusignProfile } from '../providers/docusign/profile.rules.ts';
import { type GivenCredential, planCredentials } from './plan-credentials.rules.ts';

const nowMs = Date.parse('2026-03-01T10:00:00Z');
const name = fc.constantFrom('1', '2', 'a', 'b', '__proto__');
const kind = fc.constantFrom('hmac', 'basic', 'unheard-of');
const value = fc.constantFrom('user:password', 'ZXhhbXBsZSBvZiBhIENvbm5lY3Qga2V5IQ==', 'planted-wrong\n', '');
const atMs = fc.integer({ min: nowMs - 5, max: nowMs + 5 });
const held = fc.uniqueArray(
  fc.record({ id: fc.uuid(), name, kind: fc.constantFrom('hmac', 'basic'), expiresAtMs: fc.option(atMs) }),
  { selector: (each) => each.name, maxLength: 4 },
);
const expiry = fc.option(atMs.map((ms) => new Date(ms).toISOString()));
const fitting = fc.constantFrom(
  { kind: 'hmac', value: 'ZXhhbXBsZSBvZiBhIENvbm5lY3Qga2V5IQ==' },
  { kind: 'basic', value: 'user:password' },
);
/** What a caller means, and anything. */
const entry: fc.Arbitrary<GivenCredential> = fc.oneof(
  fc.record({ name, both: fitting, expiresAt: expiry }).map(({ both, ...rest }) => ({ ...rest, ...both })),
  fc.record({ name, expiresAt: expiry }, { requiredKeys: ['name'] }),
  fc.record({ name, kind, value, expiresAt: expiry }, { requiredKeys: [] }),
);
const given = fc.array(entry, { maxLength: 4 });
const plan = (input: Pick<Parameters<typeof planCredentials>[0], 'given' | 'held'>) =>
  planCredentials({ profile: docusignProfile, nowMs, generate: () => null, ...input });

test('whatever is given: what is planned is what is wanted, and at least one of it verifies', () => {
  let planned = 0;
  fc.assert(
    fc.property(held, given, (there, wanted) => {
      const result = plan({ held: there, given: wanted });
      if (!result.ok) {
        expect(result.problems.length).toBeGreaterThan(0);
        for (const { pointer, message } of result.problems) {
          expect(pointer).toMatch(/^\/credentials(\/\d+\/(name|kind|value|expiresAt))?$/);
          expect(message).not.toContain('planted-wrong');
        }
        return;
      }
      planned += 1;
      const names = wanted.map((each, index) => each.name ?? String(index + 1));
      expect(result.credentials.map((each) => each.name)).toEqual(names);
      for (const [index, credential] of result.credentials.entries()) {
        const before = there.find((each) => each.name === credential.name);
        const { value: givenValue, expiresAt } = wanted[index] as GivenCredential;
        expect(credential.plan).toBe(givenValue === undefined ? 'keep' : 'make');
        if (credential.plan === 'make') expect(credential.value).toBe(givenValue);
        else expect([credential.id, credential.kind]).toEqual([before?.id, before?.kind]);
        const stays = credential.plan === 'keep' && expiresAt === undefined;
        const expected = stays ? before?.expiresAtMs : typeof expiresAt === 'string' ? Date.parse(expiresAt) : null;
        expect(credential.expiresAtMs).toBe(expected);
      }
      expect(result.credentials.some(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
  expect(planned).toBeGreaterThan(100);
});

test('sending back what there is changes nothing, unless nothing of it verifies any more', () => {
  fc.assert(
    fc.property(held, (there) => {
      const echoed = there.map((each) => ({
        name: each.name,
        kind: each.kind,
        expiresAt: each.expiresAtMs === null ? null : new Date(each.expiresAtMs).toISOString(),
      }));
      const result = plan({ held: there, given: echoed });
      const alive = there.some(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs);
      expect(result.ok).toBe(alive);
      const kept = there.map((each) => ({ plan: 'keep', ...each, expiryChanged: false }));
      expect(result.ok ? result.credentials : kept).toEqual(kept);
    }),
  );
});
