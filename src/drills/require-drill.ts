import { Problem } from '../problem.ts';
import type { Subject } from '../readiness/finding.ts';
import type { DrillContext } from './drill-services.ts';
import type { Drill } from './drill.ts';

/**
 * A drill that may be run here, and what it is about in a team: the subject that is named, or all.
 * @param input.confirm what it does for good, or to this machine, is wanted
 * @throws Problem not_found, check_not_decidable, drill_not_safe
 */
export async function requireDrill(
  ctx: Pick<DrillContext, 'drills' | 'readiness' | 'environment'>,
  input: { teamId: string; checkId: string; subjectId?: string | undefined; confirm?: boolean | undefined },
): Promise<{ drill: Drill; subjects: Subject[] }> {
  const { teamId, checkId } = input;
  const found = await ctx.readiness.subjectsOf(input);
  const drill = ctx.drills.get(checkId);
  if (drill === undefined) {
    throw new Problem(
      'check_not_decidable',
      `There is no drill for ${checkId}: GET /v1/teams/${teamId}/drills lists them.`,
    );
  }
  if (found.length === 0) throw new Problem('not_found', `This team has no ${drill.subject} to drill.`);
  if (drill.irrevocable !== undefined) {
    if (input.confirm === true) return { drill, subjects: found.map(({ subject }) => subject) };
    throw new Problem(
      'drill_not_safe',
      `${checkId} ${drill.irrevocable}, which cannot be taken back: start it with "confirm": true, or posthorn drill run ${checkId} --confirm. No schedule can.`,
    );
  }
  if (drill.touches === 'integration' && !drill.safeInProduction && ctx.environment === 'production') {
    throw new Problem(
      'drill_not_safe',
      `${checkId} acts on the ${drill.subject} itself and is refused in production: run it at the gateway of your staging environment.`,
    );
  }
  if (!drill.safeInProduction && ctx.environment === 'production' && input.confirm !== true) {
    throw new Problem(
      'drill_not_safe',
      `${checkId} may slow down what runs on this machine, and this is production: where that hurts nobody, start it with "confirm": true, or posthorn drill run ${checkId} --confirm. No schedule can.`,
    );
  }
  return { drill, subjects: found.map(({ subject }) => subject) };
}
