import { isIP } from 'node:net';
import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import { readDeclared } from '../declared.ts';
import { judgeSourceAddresses, type SourceAddresses } from './goroute.webhook.source-addresses-allowed.rules.ts';

export const sourceAddressesAllowed: Collector<SourceAddresses> = {
  checkId: 'goroute.webhook.source-addresses-allowed',
  version: 1,
  comparesDeclarations: true,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const { parts } = await readDeclared(context, subject);
    const [row] = await context.query<Pick<SourceAddresses, 'provider' | 'allowAddresses'>>(
      'SELECT provider, allow_addresses AS "allowAddresses" FROM source WHERE team_id = $1 AND id = $2',
      [team, own],
    );
    const refused = await context.query<{ address: string }>(
      `SELECT DISTINCT last_address AS address FROM source_rejection WHERE team_id = $1 AND source_id = $2
        AND reason = 'address_not_allowed' AND last_address IS NOT NULL
        AND minute >= to_timestamp($3::double precision / 1000) LIMIT 1000`,
      [team, own, context.nowMs - 30 * dayMs],
    );
    return {
      provider: row?.provider ?? '',
      allowAddresses: row?.allowAddresses ?? null,
      declared: parts.addresses?.find(({ source }) => source === subject.id) ?? null,
      refused: refused.map(({ address }) => address).filter((address) => isIP(address) !== 0),
    };
  },
  judge: judgeSourceAddresses,
};
