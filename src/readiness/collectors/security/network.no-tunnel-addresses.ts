import type { Collector } from '../../finding.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import { judgeTunnels, type PublicHosts } from './network.no-tunnel-addresses.rules.ts';

export const noTunnelAddresses: Collector<PublicHosts> = {
  checkId: 'network.no-tunnel-addresses',
  version: 1,
  async gather(context, subject) {
    const rows = await context.query<{ url: string }>(
      `SELECT url FROM endpoint WHERE team_id = $1 AND deleted_at IS NULL AND status = 'active'`,
      [uuidsOf(subject).team],
    );
    return { publicHost: hostOf(context.publicUrl), endpointHosts: rows.map(({ url }) => hostOf(url)) };
  },
  judge: judgeTunnels,
};

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
