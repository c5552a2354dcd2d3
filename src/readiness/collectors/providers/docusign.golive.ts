import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { type CallAuthentication, judgeAuthentication } from './docusign.auth.oauth2-only.rules.ts';
import { gatherReviewedCalls, type ReviewedCalls } from './docusign-calls.ts';
import { judgeListReads } from './docusign.golive.list-read-once.rules.ts';
import { judgePolling } from './docusign.golive.no-polling.rules.ts';
import { judgeCleanCalls } from './docusign.golive.twenty-clean-calls.rules.ts';

const gather = (context: GatheringContext, subject: Subject): Promise<ReviewedCalls> =>
  gatherReviewedCalls(context, subject);

export const twentyCleanCalls: Collector<ReviewedCalls> = {
  checkId: 'docusign.golive.twenty-clean-calls',
  version: 1,
  gather,
  judge: judgeCleanCalls,
};

export const noPolling: Collector<ReviewedCalls> = {
  checkId: 'docusign.golive.no-polling',
  version: 1,
  gather,
  judge: judgePolling,
};

export const listReadOnce: Collector<ReviewedCalls> = {
  checkId: 'docusign.golive.list-read-once',
  version: 1,
  gather,
  judge: judgeListReads,
};

const callsMost = 20_000;

export const oauth2Only: Collector<CallAuthentication> = {
  checkId: 'docusign.auth.oauth2-only',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    if (context.connections.find(subject.id)?.profile.name !== 'docusign') return { concerned: false };
    const kinds = await context.query<{ kind: string | null; calls: number }>(
      `SELECT credential_kind AS kind, count(*)::integer AS calls FROM (
         SELECT credential_kind FROM call WHERE connection_id = $1 AND id >= $2 AND tries_count > 0
           ORDER BY id DESC LIMIT ${callsMost}) c GROUP BY 1 ORDER BY 2 DESC`,
      [uuidsOf(subject).own, uuidSince(context.nowMs - 30 * dayMs)],
    );
    return { concerned: true, kinds, callsMost };
  },
  judge: judgeAuthentication,
};
