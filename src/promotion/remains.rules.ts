import { createHmac } from 'node:crypto';
import type { ProblemPointer } from '../problem.ts';

/** A credential or an option as it is given. `secret`: only its fingerprint is compared, and it is never quoted. */
export type GivenValue = { pointer: string; value: string; secret: boolean };

/** What a sandbox connection of the team holds. */
export type SandboxFacts = { connectionId: string; secrets: readonly string[]; origin: string | null };

/** Without the key, short secrets could be guessed from their fingerprints. */
function fingerprint(key: Buffer, secret: string): string {
  return createHmac('sha256', key).update(secret).digest('base64url');
}

/** GoRoute's receivers for tests, and its sandbox keys. Source: its public documentation, see the provider facts. */
const testIdentifiers: readonly { is: RegExp; what: string }[] = [
  { is: /^sk_test_/, what: 'is a key of the sandbox' },
  {
    is: /9915:(?:phase4-test-receiver|reject-all|timeout-test|invalid-cert|not-registered)\b/,
    what: 'names a receiver for tests',
  },
  {
    is: /^https?:\/\/(?:[^/]*[.-])?(?:demo|sandbox|staging|test)(?:[.-][^/]*)?(?:[:/]|$)/i,
    what: 'leads to a test environment',
  },
  { is: /\baccount-d\.docusign\.com\b|\bdemo\.docusign\.net\b/i, what: "leads to DocuSign's demo environment" },
];

/**
 * What of the sandbox would remain in production, and where: secrets that a sandbox connection has (compared by
 * fingerprint), its addresses, and identifiers for tests. `problemOf` is what the provider's profile says of a value.
 */
export function sandboxRemains(
  given: { values: readonly GivenValue[]; baseUrl: string | null },
  sandboxes: readonly SandboxFacts[],
  key: Buffer,
  problemOf: (value: string) => string | null,
): ProblemPointer[] {
  const holders = new Map<string, string>();
  for (const { connectionId, secrets } of sandboxes) {
    for (const secret of secrets) holders.set(fingerprint(key, secret), connectionId);
  }
  const problems = given.values.flatMap(({ pointer, value, secret }): ProblemPointer[] => {
    const holder = secret ? holders.get(fingerprint(key, value)) : undefined;
    if (holder !== undefined) return [{ pointer, message: `is also that of the sandbox connection ${holder}` }];
    const message = problemOf(value) ?? testIdentifiers.find(({ is }) => is.test(value))?.what ?? null;
    return message === null ? [] : [{ pointer, message }];
  });
  return given.baseUrl === null ? problems : [...problems, ...addressRemains(given.baseUrl, sandboxes)];
}

function addressRemains(baseUrl: string, sandboxes: readonly SandboxFacts[]): ProblemPointer[] {
  const pointer = '/production/baseUrl';
  const shared = sandboxes.find(({ origin }) => origin !== null && origin === new URL(baseUrl).origin);
  if (shared !== undefined)
    return [{ pointer, message: `is where the sandbox connection ${shared.connectionId} leads` }];
  const found = testIdentifiers.find(({ is }) => is.test(baseUrl));
  return found === undefined ? [] : [{ pointer, message: found.what }];
}
