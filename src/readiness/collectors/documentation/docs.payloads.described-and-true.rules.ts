import { counted, failed, listed, notApplicable, passed, percentOf } from '../../finding.rules.ts';
import type { Finding } from '../../finding.ts';

export type DescribedPayloads = {
  types: readonly {
    name: string;
    hasSchema: boolean;
    hasExample: boolean;
    /** Null: there is nothing to try. */
    exampleFits: boolean | null;
    bodies: number;
    bodiesThatFit: number;
  }[];
};

const leastPercent = 99.5;

/** Every type in use has a schema and an example that fits it, and so do the bodies. */
export function judgePayloads({ types }: DescribedPayloads): Finding {
  const bare = types.filter(({ hasSchema, hasExample }) => !hasSchema || !hasExample);
  const wrong = types.filter(({ exampleFits }) => exampleFits === false);
  const bodies = types.reduce((sum, each) => sum + each.bodies, 0);
  const fitting = types.reduce((sum, each) => sum + each.bodiesThatFit, 0);
  const values = {
    typesInUse: types.length,
    typesNotDescribed: bare.length,
    examplesThatDoNotFit: wrong.length,
    bodies,
    bodiesThatFitPercent: bodies === 0 ? null : percentOf(fitting, bodies),
  };
  if (types.length === 0) return notApplicable('No event type is in use.');
  const command = 'PATCH /v1/teams/{team}/event-types/{name} {"schema": {…}, "example": {…}}';
  if (bare.length > 0) {
    return failed(`Without schema or example: ${listed(bare.map(({ name }) => name))}.`, values, command);
  }
  if (wrong.length > 0) {
    return failed(`The example does not fit the schema: ${listed(wrong.map(({ name }) => name))}.`, values, command);
  }
  if (bodies > 0 && percentOf(fitting, bodies) < leastPercent) {
    const worst = types.filter((each) => each.bodiesThatFit < each.bodies).map(({ name }) => name);
    return failed(
      `${counted(bodies - fitting, 'body', 'bodies')} of ${bodies} do not fit the schema: ${listed(worst)}.`,
      values,
      command,
    );
  }
  return passed(`${counted(types.length, 'event type')}, described as they are.`, values);
}
