import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { readDeclared } from '../declared.ts';
import { judgeRegistration, type RegistrationFacts } from './goroute.webhook.registered-for-production.rules.ts';

const eventsMost = 50_000;

export const registeredForProduction: Collector<RegistrationFacts> = {
  checkId: 'goroute.webhook.registered-for-production',
  version: 1,
  comparesDeclarations: true,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const { parts } = await readDeclared(context, subject);
    const [row] = await context.query<{ provider: string }>(
      'SELECT provider FROM source WHERE team_id = $1 AND id = $2',
      [team, own],
    );
    const came = await context.query<{ type: string }>(
      `SELECT DISTINCT type FROM (SELECT type FROM event WHERE team_id = $1 AND source_id = $2 AND id >= $3
        AND coverage IS NOT NULL ORDER BY id DESC LIMIT ${eventsMost}) e`,
      [team, own, uuidSince(context.nowMs - 30 * dayMs)],
    );
    return {
      provider: row?.provider ?? '',
      url: `${context.publicUrl}/in/${subject.id}`,
      registrations: (parts.registrations ?? []).filter(({ source }) => source === subject.id),
      needed: parts.webhooks?.find(({ source }) => source === subject.id)?.needed ?? null,
      came: came.map(({ type }) => type),
    };
  },
  judge: judgeRegistration,
};
