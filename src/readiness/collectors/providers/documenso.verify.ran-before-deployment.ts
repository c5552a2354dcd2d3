import type { VerifiedLine } from '../../../deployments/deployment.ts';
import { productionEnvironment } from '../../../deployments/provider-lines.rules.ts';
import type { Collector, Subject } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import {
  type DeploymentFacts,
  judgeRanBefore,
  type RunBefore,
} from './documenso.verify.ran-before-deployment.rules.ts';

/** Nodes of one gateway may differ by so much. */
const clocksMs = 60_000;
const ms = (column: string): string => `floor(extract(epoch FROM ${column}) * 1000)::double precision`;

export const verifyRanBefore: Collector<DeploymentFacts> = {
  checkId: 'documenso.verify.ran-before-deployment',
  version: 1,
  async gather(context: GatheringContext, subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    if (connection.profile.name !== 'documenso') return { concerned: false, why: 'It is no connection to Documenso.' };
    if (connection.environment !== 'production') return { concerned: false, why: 'It is a connection to the sandbox.' };
    const { team, own } = uuidsOf(subject);
    const [deployment] = await context.query<{ release: string; startedAtMs: number }>(
      `SELECT release, ${ms('started_at')} AS "startedAtMs" FROM deployment
        WHERE team_id = $1 AND environment = $2 AND (connection_id IS NULL OR connection_id = $3)
        ORDER BY started_at DESC, id DESC LIMIT 1`,
      [team, productionEnvironment, own],
    );
    if (deployment === undefined) return { concerned: true, deployment: null, run: null };
    return { concerned: true, deployment, run: await findRun(context, subject, deployment) };
  },
  judge: judgeRanBefore,
};

async function findRun(
  context: GatheringContext,
  subject: Subject,
  { release, startedAtMs }: { release: string; startedAtMs: number },
): Promise<RunBefore | null> {
  const { team } = uuidsOf(subject);
  const [run] = await context.query<Omit<RunBefore, 'isMeasured' | 'lines'> & { lines: VerifiedLine[] }>(
    `SELECT exit_code AS "exitCode", took_ms AS "tookMs", lines, ${ms('recorded_at')} AS "recordedAtMs" FROM verification
      WHERE team_id = $1 AND environment = $2 AND release = $3 AND recorded_at <= to_timestamp($4::double precision / 1000)
        AND lines @> jsonb_build_array(jsonb_build_object('subject', $5::text)) ORDER BY recorded_at DESC LIMIT 1`,
    [team, productionEnvironment, release, startedAtMs, subject.id],
  );
  if (run === undefined) return null;
  const measured = await context.query(
    `SELECT FROM evidence WHERE team_id = $1 AND check_id = 'documenso.api.answers-200' AND subject_id = $2
        AND measured_at BETWEEN to_timestamp($3::double precision / 1000) AND to_timestamp($4::double precision / 1000)
        AND finding ->> 'state' = 'passed' LIMIT 1`,
    [team, subject.id, run.recordedAtMs - run.tookMs - clocksMs, run.recordedAtMs + clocksMs],
  );
  const lines = run.lines
    .filter(({ subject: about }) => about === subject.id)
    .map(({ name, state }) => ({ name, state }));
  return { ...run, lines, isMeasured: measured.length > 0 };
}
