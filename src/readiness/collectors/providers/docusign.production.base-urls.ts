import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeBaseUrls, type ProductionAddresses } from './docusign.production.base-urls.rules.ts';

export const productionBaseUrls: Collector<ProductionAddresses> = {
  checkId: 'docusign.production.base-urls',
  version: 2,
  async gather(context: GatheringContext, subject: Subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    if (connection.profile.name !== 'docusign') return { concerned: false, why: 'It is no connection to DocuSign.' };
    if (connection.environment !== 'production') return { concerned: false, why: 'It is a connection to the sandbox.' };
    const { team, own } = uuidsOf(subject);
    const [promotion] = await context.query<{ atMs: number }>(
      `SELECT floor(extract(epoch FROM switched_at) * 1000)::double precision AS "atMs" FROM promotion
        WHERE team_id = $1 AND connection_id = $2 AND state = 'live' ORDER BY id DESC LIMIT 1`,
      [team, own],
    );
    // A promoted connection has calls of the sandbox behind it; those that were under way may end a moment later.
    const sinceMs = Math.max(context.nowMs - 30 * dayMs, (promotion?.atMs ?? 0) + 1_000);
    const [row] = await context.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM (SELECT environment FROM call WHERE connection_id = $1 AND id >= $2
        ORDER BY id DESC LIMIT 20000) c WHERE environment <> 'production'`,
      [own, uuidSince(sinceMs)],
    );
    return {
      concerned: true,
      baseHost: connection.baseUrl === null ? null : new URL(connection.baseUrl).hostname,
      tokenHosts: connection.credentials.map(({ fields }) => {
        const field = fields['authBaseUrl'];
        return field !== undefined && 'value' in field && URL.canParse(field.value)
          ? new URL(field.value).hostname
          : null;
      }),
      sandboxCalls: row?.count ?? 0,
    };
  },
  judge: judgeBaseUrls,
};
