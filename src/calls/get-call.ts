import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { showBody, type ShownBody } from '../delivery/shown-body.rules.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { CallTry } from './call-ledger.ts';
import { type CallDetail, findCall } from './call-query.store.ts';
import { readTries } from './read-tries.rules.ts';

type ShownTry = Omit<CallTry, 'atMs'> & { at: string };
/** Masked, and perhaps only the beginning. */
type KeptBody = Omit<ShownBody, 'truncated'>;
type ShownCall = Omit<CallDetail, 'tries' | 'bodies'> & {
  tries: ShownTry[];
  requestBody: KeptBody | null;
  responseBody: KeptBody | null;
};

/** @throws Problem not_found */
export async function getCall(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; callId: string },
): Promise<ShownCall> {
  const known = isId(idPrefixes.call, input.callId);
  const call = known
    ? await readAsTeam(ctx.database, input.teamId, (database) => findCall(database, input.teamId, input.callId))
    : null;
  if (call === null) {
    const said = input.callId.slice(0, 60);
    throw new Problem('not_found', `There is no call ${said}, or it is past the team's retention.`);
  }
  const { tries, bodies, ...rest } = call;
  return {
    ...rest,
    tries: readTries(tries).map(({ atMs, ...each }) => ({ ...each, at: new Date(atMs).toISOString() })),
    requestBody: show(bodies.request),
    responseBody: show(bodies.response),
  };
}

/** It was cut where it was too long, perhaps within a character. */
function show(body: Buffer | null): KeptBody | null {
  if (body === null) return null;
  const { truncated: _, ...kept } = showBody(body, body.length, true);
  return kept;
}
