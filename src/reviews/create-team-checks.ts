import type pg from 'pg';
import type { Egress } from '../egress/create-egress.ts';
import type { CheckStatus, TeamChecks } from '../readiness/create-readiness.ts';
import type { Collector } from '../readiness/finding.ts';
import { judgeExpression, leavesOf, type Stood } from './checks/expression.rules.ts';
import { judgeProbe, type ProbedAnswer } from './checks/http-probe.rules.ts';
import { probeUrl } from './checks/probe-url.ts';
import type { HttpProbe, Rule, Stored, TeamCheck } from './checks/team-check.ts';
import { teamChecks } from './checks/team-definition.store.ts';
import { definitionOf } from './team-catalogue.ts';

const defaultTimeoutMs = 5_000;

/** The checks that teams wrote themselves, as readiness measures checks: with evidence, staleness and history. */
export function createTeamChecks(options: {
  database: Pick<pg.Pool, 'query'>;
  egress: Pick<Egress, 'upstream'>;
}): TeamChecks {
  const probing = ({ id, version }: Stored<TeamCheck>, probe: HttpProbe): Collector<ProbedAnswer> => ({
    checkId: id,
    version,
    gather: () => probeUrl(options.egress, probe.url, probe.timeoutMs ?? defaultTimeoutMs),
    judge: (answer) => judgeProbe(probe, answer),
  });

  const looking = (
    { id, version }: Stored<TeamCheck>,
    rule: Rule,
    stand: () => Promise<readonly CheckStatus[]>,
  ): Collector<readonly Stood[]> => ({
    checkId: id,
    version,
    async gather() {
      const wanted = new Set(leavesOf(rule));
      return (await stand())
        .filter(({ checkId }) => wanted.has(checkId))
        .map(({ checkId, subject, state, evidence }) => ({
          checkId,
          subjectId: subject.id,
          state,
          values: evidence?.finding.values ?? [],
        }));
    },
    judge: (stood) => judgeExpression(rule, stood),
  });

  return async (teamId, stand) => {
    const found = await teamChecks.list(options.database, teamId);
    const collectors = found.flatMap((check): Collector<unknown>[] => {
      const { measure } = check;
      if (measure.kind === 'http-probe') return [probing(check, measure)];
      return measure.kind === 'expression' ? [looking(check, measure.rule, stand)] : [];
    });
    return { definitions: found.map(definitionOf), collectors };
  };
}
