import type pg from 'pg';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { Options, ProviderProfile } from '../providers/provider-profile.ts';
import { generateCredential } from './generate-credential.ts';
import { type GivenCredential, type PlannedCredential, planCredentials } from './plan-credentials.rules.ts';
import { sealCredential } from './sealed-credential.ts';
import type { SourceContext } from './source-change.ts';
import { insertCredentials, removeOtherCredentials, setCredentialExpiry } from './source-credential.store.ts';
import type { StoredCredential } from './source.store.ts';

/** A value that Posthorn made up: shown this once, to be given to the provider. */
export type GeneratedCredential = { name: string; kind: string; value: string };

/** @throws Problem invalid_request, invalid_secret, with pointers */
export function planOrRefuse(
  ctx: SourceContext,
  { profile, options }: { profile: ProviderProfile; options: Options },
  given: readonly GivenCredential[],
  held: readonly StoredCredential[],
): PlannedCredential[] {
  const plan = planCredentials({
    profile,
    given,
    held: held.map(({ id, name, kind, expiresAt }) => {
      return { id, name, kind, expiresAtMs: expiresAt?.getTime() ?? null };
    }),
    nowMs: ctx.clock.now(),
    generate: (kind) => generateCredential(profile.name, kind, options),
  });
  if (plan.ok) return plan.credentials;
  throw new Problem(plan.code, 'The credentials cannot be taken as they are; each error says where.', {
    errors: plan.problems,
  });
}

/** Makes the source's credentials what is planned; what the plan does not keep is gone. */
export async function writeCredentials(
  ctx: SourceContext,
  client: pg.PoolClient,
  place: { teamId: string; sourceId: string },
  planned: readonly PlannedCredential[],
): Promise<void> {
  const { teamId, sourceId } = place;
  const kept = planned.flatMap((each) => (each.plan === 'keep' ? [each] : []));
  const made = planned.flatMap((each) => (each.plan === 'make' ? [each] : []));
  await removeOtherCredentials(
    client,
    teamId,
    sourceId,
    kept.map(({ id }) => id),
  );
  for (const credential of kept) {
    if (credential.expiryChanged) await setCredentialExpiry(client, teamId, sourceId, credential);
  }
  const rows = made.map(({ name, kind, value, expiresAtMs }) => {
    const id = ctx.ids.next(idPrefixes.sourceCredential);
    return { id, name, kind, sealed: sealCredential(ctx.sealer, teamId, id, value), expiresAtMs };
  });
  await insertCredentials(client, teamId, sourceId, rows);
}

/** What is to be shown once. */
export function generatedOf(planned: readonly PlannedCredential[]): { generated?: GeneratedCredential[] } {
  const generated = planned.flatMap((each) => {
    return each.plan === 'make' && each.generated ? [{ name: each.name, kind: each.kind, value: each.value }] : [];
  });
  return generated.length === 0 ? {} : { generated };
}

/** For the audit log: whether the answer shows a value. */
export function shownOf(planned: readonly PlannedCredential[]): { secretShown?: true } {
  return generatedOf(planned).generated === undefined ? {} : { secretShown: true };
}
