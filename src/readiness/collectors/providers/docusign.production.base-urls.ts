import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeBaseUrls, type ProductionAddresses } from './docusign.production.base-urls.rules.ts';

export const productionBaseUrls: Collector<ProductionAddresses> = {
  checkId: 'docusign.production.base-urls',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    if (connection.profile.name !== 'docusign') return { concerned: false, why: 'It is no connection to DocuSign.' };
    if (connection.environment !== 'production') return { concerned: false, why: 'It is a connection to the sandbox.' };
    const [row] = await context.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM (SELECT environment FROM call WHERE connection_id = $1 AND id >= $2
        ORDER BY id DESC LIMIT 20000) c WHERE environment <> 'production'`,
      [uuidsOf(subject).own, uuidSince(context.nowMs - 30 * dayMs)],
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
