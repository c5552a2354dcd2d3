import { subscribesTo } from '../../../endpoints/subscription.rules.ts';
import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { readDeclared } from '../declared.ts';
import { type EventUse, judgeEventUse } from './documenso.webhook.events-match-use.rules.ts';

const eventsMost = 20_000;

export const webhookEventsMatchUse: Collector<EventUse> = {
  checkId: 'documenso.webhook.events-match-use',
  version: 1,
  comparesDeclarations: true,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const { parts } = await readDeclared(context, subject);
    const declared = parts.webhooks?.find(({ source }) => source === subject.id);
    const [row] = await context.query<{ provider: string }>(
      'SELECT provider FROM source WHERE team_id = $1 AND id = $2',
      [team, own],
    );
    const came = await context.query<{ type: string }>(
      `SELECT DISTINCT type FROM (SELECT type FROM event WHERE team_id = $1 AND source_id = $2 AND id >= $3
        ORDER BY id DESC LIMIT ${eventsMost}) e ORDER BY type`,
      [team, own, uuidSince(context.nowMs - 30 * dayMs)],
    );
    const endpoints = await context.query<{ patterns: string[] }>(
      `SELECT event_types AS patterns FROM endpoint WHERE team_id = $1 AND deleted_at IS NULL AND status = 'active'
        AND (source_ids IS NULL OR $2 = ANY (source_ids))`,
      [team, own],
    );
    const types = [...new Set([...(declared?.needed ?? []), ...came.map(({ type }) => type)])];
    return {
      provider: row?.provider ?? '',
      declared: declared === undefined ? null : { needed: declared.needed, unhandled: declared.unhandled ?? [] },
      came: came.map(({ type }) => type),
      taken: types.filter((type) => endpoints.some(({ patterns }) => subscribesTo(patterns, type))),
    };
  },
  judge: judgeEventUse,
};
