import { randomUUID } from 'node:crypto';
import type { Drill } from '../drill.ts';
import { drillTeam, textOf } from './drill-team.ts';
import { judgeIdempotency } from './event.publish-idempotent.rules.ts';
import { sharingNodes } from './two-nodes.ts';

const type = 'drill.once';
const posts = 50;

export const publishIdempotent: Drill = {
  checkId: 'event.publish-idempotent',
  subject: 'gateway',
  version: 1,
  does: 'Posts one event fifty times at once under one idempotency key, to two nodes of its own that share a database.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const { database, nodes } = await sharingNodes(stage, 2);
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error('two nodes were asked for');
    const team = await drillTeam(first, [type]);
    const idempotencyKey = `drill-${randomUUID()}`;
    const body = { type, payload: { drill: 'once' }, idempotencyKey };
    stage.note('Two nodes on one database.', { posts });
    stage.progress(1, 3);

    const answers = await Promise.all(
      Array.from({ length: posts }, (_, index) =>
        team.at(index % 2 === 0 ? first : second).call('POST', '/events', body),
      ),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    const named = new Set(accepted.map(({ body: answer }) => answer['id'])).size;
    const duplicates = accepted.filter(({ body: answer }) => answer['duplicate'] === true).length;
    const events = await team.list<{ id: string }>(`/events?type=${type}`);
    stage.note('All were posted at once.', { accepted: accepted.length, duplicates, events: events.length });
    stage.progress(2, 3);

    const other = await team.at(second).call('POST', '/events', { ...body, payload: { drill: 'another' } });
    const conflict = { status: other.status, code: textOf(other.body, 'code') };
    stage.note('The same key with another body.', conflict);
    const [kept] = await database.query<{ seconds: number }>(
      'SELECT extract(epoch FROM min(expires_at) - now())::int AS seconds FROM idempotency WHERE key = $1 HAVING count(*) > 0',
      [idempotencyKey],
    );
    const keptSeconds = kept?.seconds ?? null;
    stage.note('How long the key is remembered.', { keptSeconds });
    stage.progress(3, 3);
    return judgeIdempotency({
      posts,
      accepted: accepted.length,
      duplicates,
      named,
      events: events.length,
      conflict,
      keptSeconds,
    });
  },
};
