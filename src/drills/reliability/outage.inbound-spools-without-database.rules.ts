import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

export type SpoolFacts = {
  outageMs: number;
  /** Whether the process was killed and started again while the database was away. */
  restarted: boolean;
  sent: number;
  /** Answered 2xx while the database was away. */
  acknowledged: number;
  missing: number;
  doubled: number;
  /** Posts to the API while the database was away, and those of them that were answered 503 with Retry-After. */
  posts: number;
  refused: number;
  /** In the spool after the database was back for long enough; null when it cannot be read. */
  left: number | null;
};

export function judgeSpool(facts: SpoolFacts): Finding {
  const { restarted, sent, acknowledged, missing, doubled, posts, refused, left } = facts;
  const values = { ...facts };
  if (!restarted) return unknown('The process could not be started again while the database was away.', values);
  return verdict(
    [
      [acknowledged === sent, `${acknowledged} of ${sent} webhooks were answered 2xx while the database was away.`],
      [missing === 0, `${missing} of those that were answered 2xx are not on record.`],
      [doubled === 0, `${doubled} are on record more than once.`],
      [
        posts > 0 && refused === posts,
        `${refused} of ${posts} posts to the API were answered 503 with Retry-After while the database was away.`,
      ],
      [left === 0, `${left ?? 'An unknown number of'} webhooks are still in the spool.`],
    ],
    `All ${sent} webhooks that came while the database was away were taken, and each is one event.`,
    values,
  );
}
