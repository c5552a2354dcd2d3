import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgePublishers, type PublishedEvents } from './event.publishers-use-keys.rules.ts';

const postsMost = 5_000;

export const publishersUseKeys: Collector<PublishedEvents> = {
  checkId: 'event.publishers-use-keys',
  version: 1,
  async gather(context, subject) {
    const { team } = uuidsOf(subject);
    // Bodies hold the time at which they were accepted, so they are compared without it.
    const [row] = await context.query<PublishedEvents>(
      `WITH posts AS MATERIALIZED (
         SELECT e.id, e.type, uuid_time(e.id) AS at, md5(regexp_replace(convert_from(substring(e.body FROM 1 FOR 200), 'LATIN1'),
             '"timestamp":"[^"]*"', '') || md5(substring(e.body FROM 201))) AS content
           FROM event e WHERE e.team_id = $1 AND e.id >= $2 AND e.source_id IS NULL AND e.type NOT LIKE 'posthorn.%'
           ORDER BY e.id DESC LIMIT ${postsMost}),
       keyed AS MATERIALIZED (
         SELECT event_id, key FROM idempotency WHERE team_id = $1 AND scope = '00000000-0000-0000-0000-000000000000'
           AND event_id = ANY (SELECT id FROM posts)),
       ordered AS (
         SELECT p.at, k.key, lag(p.at) OVER w AS before_at, lag(k.key) OVER w AS before_key
           FROM posts p LEFT JOIN keyed k ON k.event_id = p.id WINDOW w AS (PARTITION BY p.type, p.content ORDER BY p.id))
       SELECT (SELECT count(*)::integer FROM posts) AS posts, (SELECT count(*)::integer FROM keyed) AS "withKey",
         count(*) FILTER (WHERE before_at > at - interval '60 seconds'
           AND key IS DISTINCT FROM before_key)::integer AS "repeatedUnderOtherKey" FROM ordered`,
      [team, uuidSince(context.nowMs - dayMs)],
    );
    return row ?? { posts: 0, withKey: 0, repeatedUnderOtherKey: 0 };
  },
  judge: judgePublishers,
};
