import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import { judgeReplaced, type ReplacedCredential } from './connection.credential.old-ones-refused.rules.ts';

const lookedBackMs = 365 * dayMs;

export const oldCredentialsRefused: Collector<readonly ReplacedCredential[]> = {
  checkId: 'connection.credential.old-ones-refused',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const { team, own } = uuidsOf(subject);
    const rows = await context.query<{
      name: string;
      state: ReplacedCredential['state'];
      replaced: Date;
      accepted: Date | null;
      closed: Date | null;
    }>(
      `SELECT name, state, replaced_at AS replaced, accepted_at AS accepted, closed_at AS closed
        FROM closing_probe WHERE team_id = $1 AND connection_id = $2
          AND replaced_at >= to_timestamp($3::double precision / 1000)
        ORDER BY replaced_at DESC, id DESC`,
      [team, own, context.nowMs - lookedBackMs],
    );
    return rows.map(({ name, state, replaced, accepted, closed }) => ({
      name,
      state,
      replacedAtMs: replaced.getTime(),
      acceptedAtMs: accepted?.getTime() ?? null,
      closedAtMs: closed?.getTime() ?? null,
    }));
  },
  judge: judgeReplaced,
};
