import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import { judgeSelectedEvents, type SelectedEvents } from './endpoint.gets-selected-events-only.rules.ts';
import { matchAgain, matchingColumns, type MatchingEndpoint } from './matched-deliveries.ts';

const eventsMost = 5_000;

export const selectedEventsOnly: Collector<SelectedEvents> = {
  checkId: 'endpoint.gets-selected-events-only',
  version: 1,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const endpoints = await context.query<MatchingEndpoint>(
      `SELECT ${matchingColumns} FROM endpoint WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL`,
      [team, own],
    );
    const eventTypes = endpoints[0]?.eventTypes ?? [];
    const named = eventTypes.filter((type) => !type.endsWith('*') && !type.startsWith('posthorn.'));
    const known = await context.query<{ name: string }>(
      'SELECT name FROM event_type WHERE team_id = $1 AND name = ANY ($2)',
      [team, named],
    );
    const names = new Set(known.map(({ name }) => name));
    const matching = await matchAgain(context, {
      team,
      endpoints,
      sinceMs: context.nowMs - 7 * dayMs,
      most: eventsMost,
    });
    return { eventTypes, unregistered: named.filter((name) => !names.has(name)), matching };
  },
  judge: judgeSelectedEvents,
};
