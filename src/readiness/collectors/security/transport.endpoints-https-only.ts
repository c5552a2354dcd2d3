import type { Collector, Subject } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import { type EndpointTransport, judgeTransport } from './transport.endpoints-https-only.rules.ts';

export const endpointsHttpsOnly: Collector<EndpointTransport> = {
  checkId: 'transport.endpoints-https-only',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const { team, own } = uuidsOf(subject);
    const [endpoint] = await context.query<{ url: string; status: string }>(
      'SELECT url, status FROM endpoint WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL',
      [team, own],
    );
    const url = endpoint?.url ?? '';
    const isHttps = /^https:\/\//i.test(url);
    const isActive = endpoint?.status === 'active';
    const teamId = subject.teamId ?? '';
    return {
      isActive,
      isHttps,
      handshake: isHttps && isActive ? await context.handshake({ teamId, endpointId: subject.id, url }) : null,
      refusesHttp: context.refusalOfUrl(url.replace(/^https:/i, 'http:')) !== null,
    };
  },
  judge: judgeTransport,
};
