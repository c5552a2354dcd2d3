import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { readDeclared } from '../declared.ts';
import { type AllowListFacts, judgeAllowList } from './network.ip-allow-list-configured.rules.ts';

const eventsMost = 10_000;

export const ipAllowListConfigured: Collector<AllowListFacts> = {
  checkId: 'network.ip-allow-list-configured',
  version: 1,
  comparesDeclarations: true,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const { parts, confirmed } = await readDeclared(context, subject);
    const [row] = await context.query<Pick<AllowListFacts, 'status' | 'allowAddresses' | 'events'>>(
      `SELECT status, allow_addresses AS "allowAddresses", (SELECT count(*)::integer FROM (SELECT FROM event
          WHERE team_id = $1 AND source_id = $2 AND id >= $3 LIMIT ${eventsMost}) e) AS events
        FROM source WHERE team_id = $1 AND id = $2`,
      [team, own, uuidSince(context.nowMs - 30 * dayMs)],
    );
    const by = confirmed.addresses;
    return {
      status: 'active',
      allowAddresses: null,
      events: 0,
      ...row,
      declared: parts.addresses?.find(({ source }) => source === subject.id) ?? null,
      confirmed: by === undefined ? null : { by: by.by, atMs: Date.parse(by.at) },
    };
  },
  judge: judgeAllowList,
};
