import type { Finding } from '../../readiness/finding.ts';
import { listed } from '../../readiness/finding.rules.ts';
import { verdict } from './verdict.rules.ts';

export type ClassedFacts = {
  /** Tries beyond the first that the twin's policy allows. */
  retriesMost: number;
  failures: readonly {
    /** A status, or what happened in place of one. */
    what: string;
    mayPass: boolean;
    /** Requests that the provider saw of a read, and of a POST that is not safe to repeat. */
    readTries: number;
    postTries: number;
    /** The reads of it in the list of failed calls. */
    listed: number;
  }[];
};

export function judgeClassed({ retriesMost, failures }: ClassedFacts): Finding {
  const lasting = failures.filter(({ mayPass }) => !mayPass);
  const passing = failures.filter(({ mayPass }) => mayPass);
  const repeated = lasting.filter(({ what, readTries }) => readTries > (what === '401' ? 2 : 1));
  const notRepeated = passing.filter(({ readTries }) => readTries !== retriesMost + 1);
  // 429 was refused before anything was done, so anything may be sent again.
  const posted = failures.filter(({ what, postTries }) => what !== '429' && postTries > (what === '401' ? 2 : 1));
  const unlisted = failures.filter((each) => each.listed === 0);
  const names = (some: typeof failures): string => listed(some.map(({ what }) => what));
  const tries = failures.map(({ what, readTries }) => `${what}: ${readTries}`).join(', ');
  return verdict(
    [
      [repeated.length === 0, `Failures that last were tried again: ${names(repeated)}.`],
      [
        notRepeated.length === 0,
        `Failures that may pass were not tried ${retriesMost + 1} times: ${names(notRepeated)}.`,
      ],
      [posted.length === 0, `A POST that is not safe to repeat was sent again after ${names(posted)}.`],
      [unlisted.length === 0, `Failures are not in the list of failed calls: ${names(unlisted)}.`],
    ],
    `${lasting.length} lasting failures had one try, ${passing.length} that may pass ${retriesMost + 1}, and all are on record.`,
    { retriesMost, tries },
  );
}
