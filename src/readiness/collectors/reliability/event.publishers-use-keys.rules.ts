import type { Finding } from '../../finding.ts';
import { counted, failed, notApplicable, passed, percentOf, unknown } from '../../finding.rules.ts';

/** Of the last 24 hours: so long keys are kept, and whether a post had one is not known after that. */
export type PublishedEvents = { posts: number; withKey: number; repeatedUnderOtherKey: number };

const leastPosts = 50;
const leastWithKeyPercent = 99.5;
const mostRepeatedPercent = 0.1;

/** Posts carry idempotency keys, and a repetition carries the same one. */
export function judgePublishers({ posts, withKey, repeatedUnderOtherKey }: PublishedEvents): Finding {
  const values = { posts24Hours: posts, withKeyPercent: percentOf(withKey, posts), repeatedUnderOtherKey };
  if (posts === 0) return notApplicable('Nothing was posted to the API within 24 hours.');
  if (posts < leastPosts) return unknown(`${counted(posts, 'post')} within 24 hours; it takes ${leastPosts}.`, values);
  const command = 'give each post an Idempotency-Key made of what happened';
  if (percentOf(withKey, posts) < leastWithKeyPercent) {
    return failed(`${counted(posts - withKey, 'post')} of ${posts} had no idempotency key.`, values, command);
  }
  if (percentOf(repeatedUnderOtherKey, posts) >= mostRepeatedPercent) {
    return failed(
      `${counted(repeatedUnderOtherKey, 'post')} came again within 60 s under another key.`,
      values,
      command,
    );
  }
  return passed(`${counted(posts, 'post')}, with keys that stay the same.`, values);
}
