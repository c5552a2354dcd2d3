import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

/** What the page said once the provider was so. */
export type SeenHealth = {
  /** What the provider did: refused the key, failed, hung, or answered. */
  was: 'well' | 'refuses' | 'fails' | 'hangs' | 'well again';
  /** The kind of error of the newest failure. */
  error: string | null;
  /** From what happened until the page said so; null when it never did. */
  shownAfterMs: number | null;
  /** The last success is younger than the last error. */
  saysWell: boolean;
};

const expected = {
  refuses: 'provider_refused',
  fails: 'provider_failed',
  hangs: 'timeout',
} as const;
const withinMs = 60_000;

export function judgeHealth({
  seen,
  asked,
  askedMost,
}: {
  seen: readonly SeenHealth[];
  asked: number;
  askedMost: number;
}): Finding {
  const bad = seen.filter(({ was }) => was in expected);
  return verdict(
    [
      ...seen.map(({ was, shownAfterMs }): [boolean, string] => [
        shownAfterMs !== null && shownAfterMs <= withinMs,
        `The page did not show within a minute that the provider was ${told(was)}.`,
      ]),
      ...bad.map(({ was, error }): [boolean, string] => [
        error === expected[was as keyof typeof expected],
        `While the provider ${told(was)} the page named ${error ?? 'no error'}.`,
      ]),
      ...bad.map(({ was, saysWell }): [boolean, string] => [
        !saysWell,
        `While the provider ${told(was)} its last success was younger than its last error.`,
      ]),
      [asked <= askedMost, `The page asked the provider ${asked} times by itself, and ${askedMost} are allowed.`],
    ],
    'The page showed each state of the provider with its reason, and that all is well again.',
    { states: seen.length, slowestMs: Math.round(Math.max(0, ...seen.map((each) => each.shownAfterMs ?? 0))), asked },
  );
}

function told(was: SeenHealth['was']): string {
  return was === 'refuses' ? 'refuses the key' : was;
}
