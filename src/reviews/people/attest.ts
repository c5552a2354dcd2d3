import { recordChange } from '../../audit/record-change.ts';
import { inTransaction } from '../../database/transaction.ts';
import { idPrefixes } from '../../ids/id.rules.ts';
import { Problem } from '../../problem.ts';
import type { CheckDefinition } from '../../readiness/check-definition.ts';
import { lockTeam } from '../../teams/require-team.ts';
import { actingMember, memberIdOf } from './acting-member.ts';
import { faultsOfAttestation, type Proof } from './attestation.rules.ts';
import { insertAttestation, type StoredAttestation } from './attestation.store.ts';
import { findFiles } from './attested-file.store.ts';
import { attestationFacts, auditedAttestation } from './audited-people.rules.ts';
import type { KnownCheck, PeopleContext } from './people-ports.ts';
import { refuseFaults } from './refuse-faults.ts';

/**
 * A member says that a check holds, with what that rests on, for a time. It counts in every review of the team, in place
 * of what was said of this check and subject before.
 * @param input.subject id of the organisation (`organisation`) or of a connection; null takes the only one there is
 * @param input.expiresAtMs null: for as long as results of the check are good
 * @throws Problem forbidden, not_found, invalid_request
 */
export async function attest(
  ctx: PeopleContext,
  input: {
    teamId: string;
    checkId: string;
    subject: string | null;
    proofs: readonly Proof[];
    note: string | null;
    expiresAtMs: number | null;
  },
): Promise<StoredAttestation> {
  const { teamId, checkId } = input;
  const author = memberIdOf(ctx.actor);
  const { definition, subject } = findAttested(await ctx.checks(teamId), input);
  const attestedAtMs = Math.floor(ctx.clock.now());
  const demand = { ttlSeconds: definition.ttlSeconds, needsReview: definition.needsReview === true };
  const said = {
    id: ctx.ids.next(idPrefixes.attestation),
    checkId,
    subject: { kind: subject.kind, id: subject.id },
    author,
    proofs: input.proofs,
    note: input.note,
    attestedAtMs,
    expiresAtMs: input.expiresAtMs ?? attestedAtMs + demand.ttlSeconds * 1000,
  };
  refuseFaults('The attestation', faultsOfAttestation(said, demand));
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    await actingMember(client, teamId, ctx.actor);
    const hashes = said.proofs.flatMap((proof) => (proof.kind === 'file' ? [proof.sha256] : []));
    const stored = await findFiles(client, teamId, hashes);
    const faults = said.proofs.flatMap((proof, index) => {
      if (proof.kind !== 'file' || stored.has(proof.sha256)) return [];
      return [{ pointer: `/proofs/${index}`, message: 'is a file that is not stored here: store it first' }];
    });
    refuseFaults('The attestation', faults);
    await insertAttestation(client, teamId, said);
    await recordChange(ctx, client, {
      teamId,
      action: 'attestation.made',
      target: { kind: 'attestation', id: said.id },
      fields: auditedAttestation,
      after: attestationFacts(said),
    });
    return { ...said, review: null, withdrawn: null };
  });
}

function findAttested(
  known: readonly KnownCheck[],
  { checkId, subject }: { checkId: string; subject: string | null },
): KnownCheck & { definition: CheckDefinition } {
  const pairs = known.filter((pair) => pair.checkId === checkId);
  const definition = pairs[0]?.definition ?? null;
  if (definition === null) {
    throw new Problem('not_found', `There is no check ${checkId}, or nothing here that it is about.`);
  }
  if (definition.kind !== 'attested') {
    const how = definition.kind === 'drill' ? 'by its drill' : 'from evidence';
    throw new Problem('invalid_request', `${checkId} is decided ${how}, and by nobody’s word.`, {
      errors: [{ pointer: '/check', message: 'is not attested' }],
    });
  }
  const found = pairs.filter((pair) => subject === null || pair.subject.id === subject);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return { ...only, definition };
  const message =
    only === undefined
      ? `is no ${definition.subject} of the team`
      : `has to be named: there are ${found.length} it can be about`;
  throw new Problem('invalid_request', `${checkId} is attested for one ${definition.subject}.`, {
    errors: [{ pointer: '/subject', message }],
  });
}
