import { listed } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

export type ProviderFacts = {
  provider: string;
  /** Headings of blocks that failed. */
  broken: readonly string[];
  /** Webhooks of it that were verified. */
  verified: number;
  /** What a call that was set up as the page says was answered; null: it could not be set up. */
  called: number | null;
};

const withinMs = 600_000;

export function judgeProviders(providers: readonly ProviderFacts[], tookMs: number): Finding {
  const values = Object.fromEntries(
    providers.flatMap(({ provider, verified, called }) => [
      [`${provider}: verified`, verified],
      [`${provider}: called`, called],
    ]),
  ) as Record<string, number | null>;
  return verdict(
    [
      [providers.length > 0, 'There is no page on a provider.'],
      ...providers.flatMap(({ provider, broken, verified, called }) => [
        [broken.length === 0, `${provider}: what the page has under ${listed(broken)} did not work.`] as const,
        [verified > 0, `${provider}: no webhook was verified.`] as const,
        [
          called !== null && called >= 200 && called < 300,
          `${provider}: a call was answered ${called ?? 'not at all'}.`,
        ] as const,
      ]),
      [tookMs <= withinMs, `It took ${Math.round(tookMs / 1000)} s.`],
    ],
    `The pages led to a verified webhook and an answered call with ${listed(providers.map(({ provider }) => provider))}.`,
    values,
  );
}

type Values = Readonly<Record<string, unknown>>;

/** The credential that a page shows, with the fields that the drill has in place of the examples. */
export function filledCredential(
  shown: string,
  given: Readonly<Record<string, string>>,
): { kind: string; fields: Record<string, string> } {
  const { kind, fields } = JSON.parse(shown) as { kind: string; fields: Values };
  const filled = Object.entries(fields).map(([name, value]) => [name, given[name] ?? String(value)] as const);
  return { kind, fields: Object.fromEntries(filled) };
}
