import { failed, notApplicable } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

export type GuardFacts =
  | { provider: string; concerned: false }
  | {
      provider: string;
      concerned: true;
      /** Of the connection's policy; null takes DocuSign's 15 minutes. */
      windowMs: number | null;
      mode: string;
      /** What the drill lets the window be, since nobody waits for the true one. */
      drilledWindowMs: number;
      /** When the simulator saw requests for the first envelope, since the first of them. */
      seenAtMs: readonly number[];
      /** Requests for the other one, which was asked for once. */
      otherSeen: number;
      /** Calls beyond those: how each was answered. */
      repeats: readonly { status: number; code: string | null; servedAge: boolean }[];
      /** Pairs on record of the connection itself, in 30 days. */
      violations: number;
    };

const leastWindowMs = 900_000;

export function judgeGuard(facts: GuardFacts): Finding {
  if (!facts.concerned) return notApplicable(`It is a connection to ${facts.provider}.`);
  const { windowMs, mode, drilledWindowMs, seenAtMs, otherSeen, repeats, violations } = facts;
  const values = { mode, windowMs: windowMs ?? leastWindowMs, requests: seenAtMs.length, violations };
  const command =
    'posthorn connections change <connection> --policy polling.mode=serve --policy polling.windowMs=default';
  const apartMs = (seenAtMs[1] ?? 0) - (seenAtMs[0] ?? 0);
  const wrong = repeats.filter(
    ({ status, code, servedAge }) => !servedAge && !(status === 429 && code === 'polling_refused'),
  );
  const finding = verdict(
    [
      [
        (windowMs ?? leastWindowMs) >= leastWindowMs,
        `The connection guards for ${windowMs ?? 0} ms instead of 15 minutes.`,
      ],
      [
        seenAtMs.length === 2,
        `The envelope was asked for ${seenAtMs.length} times, with polling.mode ${mode}, instead of twice.`,
      ],
      [
        seenAtMs.length !== 2 || apartMs >= drilledWindowMs,
        `It was asked for again after ${apartMs} ms of ${drilledWindowMs}.`,
      ],
      [otherSeen === 1, `Another envelope was asked for ${otherSeen} times instead of once.`],
      [wrong.length === 0, `${wrong.length} repeated calls were neither served with their age nor refused.`],
      [violations === 0, `${violations} calls of the last 30 days repeat another one too soon.`],
    ],
    'The envelope was asked for again only after the time, other repeats never went out, and 30 days of calls have none.',
    values,
  );
  return finding.state === 'failed' ? failed(finding.seen, values, command) : finding;
}
