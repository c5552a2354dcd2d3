import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

export type SpoolFacts = {
  /** Starts of the database server that were seen: at first, after the kill among traffic, after the outage. */
  serverStarts: number;
  /** Webhooks answered 2xx before the database server was killed among them, and posts that were then taken. */
  takenBeforeKill: number;
  posted: number;
  /** Of those posts: there is no event of their id. */
  postsLost: number;
  /** Until the process took posts again, after the kill among traffic and after the outage; null: it did not. */
  againAfterKillMs: number | null;
  againAfterOutageMs: number | null;
  outageMs: number;
  /** Whether the process was killed and started again while the database was away. */
  restarted: boolean;
  /** While the database was away. */
  sent: number;
  /** Of those: answered 2xx. */
  acknowledged: number;
  /** Of all webhooks that were answered 2xx. */
  missing: number;
  doubled: number;
  /** Posts to the API while the database was away, and those of them that were answered 503 with Retry-After. */
  posts: number;
  refused: number;
  /** In the spool after the database was back for long enough; null when it cannot be read. */
  left: number | null;
};

const leastBeforeKill = 10;

export function judgeSpool(facts: SpoolFacts): Finding {
  const { serverStarts, takenBeforeKill, restarted, sent, acknowledged, missing, doubled, posts, refused, left } =
    facts;
  const values = { ...facts };
  if (serverStarts !== 3) {
    return unknown(`The database server was seen to start ${serverStarts} times, not 3.`, values);
  }
  if (!restarted) return unknown('The process could not be started again while the database was away.', values);
  if (missing + facts.postsLost === 0 && (takenBeforeKill < leastBeforeKill || facts.posted === 0)) {
    const seen = `${takenBeforeKill} webhooks and ${facts.posted} posts`;
    return unknown(`Only ${seen} were answered before the database server was killed: too few to tell.`, values);
  }
  return verdict(
    [
      [acknowledged === sent, `${acknowledged} of ${sent} webhooks were answered 2xx while the database was away.`],
      [missing === 0, `${missing} of those that were answered 2xx are not on record.`],
      [doubled === 0, `${doubled} are on record more than once.`],
      [
        facts.postsLost === 0,
        `${facts.postsLost} of ${facts.posted} events that the API had taken are gone after kill -9 of the database server.`,
      ],
      [
        facts.againAfterKillMs !== null && facts.againAfterOutageMs !== null,
        'The process did not take posts again by itself once the database server was started again.',
      ],
      [
        posts > 0 && refused === posts,
        `${refused} of ${posts} posts to the API were answered 503 with Retry-After while the database was away.`,
      ],
      [left === 0, `${left ?? 'An unknown number of'} webhooks are still in the spool.`],
    ],
    `Nothing that was answered 2xx was lost by kill -9 of the database server, and all ${sent} webhooks that came while it was away were taken, each as one event.`,
    values,
  );
}
