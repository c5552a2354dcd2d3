import type { CheckpointSigner } from '../../audit/checkpoint-signer.ts';
import { recordChange } from '../../audit/record-change.ts';
import { signHead } from '../../audit/sign-head.ts';
import type { Context } from '../../context.ts';
import { inTransaction } from '../../database/transaction.ts';
import { listSigners } from '../../members/list-signers.ts';
import { requireMember } from '../../members/require-member.ts';
import { getTeam } from '../../teams/get-team.ts';
import type { Reviews, ReviewView } from '../review.ts';
import { hashParts, manifestText, writeBundle } from './bundle.rules.ts';
import {
  type CertifiedPerson,
  type CertifiedTranscript,
  certificateFormat,
  type Manifest,
} from './certificate.rules.ts';
import { renderPage } from './certificate-page.rules.ts';
import { certifyReview, drilledEvidence, namedMembers } from './certify-review.rules.ts';
import type { DrawApart } from './draw-apart.ts';

export type CertificatePorts = {
  reviews: Pick<Reviews, 'view'>;
  signer: () => Promise<CheckpointSigner>;
  /** Draws the PDF where it keeps nothing else waiting. */
  draw: DrawApart;
  /** What drills did and saw, by the evidence that came of it. */
  transcripts(teamId: string, evidenceIds: readonly string[]): Promise<readonly CertifiedTranscript[]>;
};

/** A certificate: the bundle, and what people read, which is part of it. */
export type IssuedCertificate = { manifest: Manifest; bundle: string; page: string; pdf: Buffer };

/**
 * Certifies a review as it stands, passed or not: everything that decides it, signed by the gateway. That it was issued is on
 * record first, and covered by the head of the audit log in it.
 * @throws Problem not_found, overloaded; SealError
 */
export async function issueCertificate(
  ctx: Context & CertificatePorts,
  { teamId, reviewId }: { teamId: string; reviewId: string },
): Promise<IssuedCertificate> {
  const team = await getTeam(ctx, { teamId });
  const view = await ctx.reviews.view(teamId, reviewId);
  // Everything is judged by this moment; what expires while it is written down held at it.
  const at = new Date(Math.floor(ctx.clock.now())).toISOString();
  const named = await listSigners(ctx, { teamId });
  const signers = new Map<string, readonly string[]>(named.map(({ duty, members }) => [duty, members]));
  const people = await readPeople(ctx, teamId, namedMembers(view, signers));
  const transcripts = await ctx.transcripts(teamId, drilledEvidence(view));
  const signer = await ctx.signer();
  await record(ctx, view);
  const audit = await signHead(ctx, signer, teamId);
  const parts = certifyReview(view, { teamName: team.name, signers, people, transcripts, audit });
  const { release, environment } = view.evidenceSet;
  const head = {
    format: certificateFormat,
    review: reviewId,
    team: teamId,
    at,
    release,
    environment,
    evidenceHash: view.evidenceHash,
    passed: view.verdict.passed,
    key: signer.keyId,
  } as const;
  const page = renderPage(parts, head);
  const pdf = await ctx.draw(parts, head);
  const whole = { ...parts, page, pdf: pdf.toString('base64') };
  const manifest: Manifest = { ...head, parts: hashParts(whole) };
  const signature = signer.signCertificate(manifestText(manifest));
  const bundle = writeBundle({ manifest, parts: whole, publicKey: signer.publicKey, signature });
  return { manifest, bundle, page, pdf };
}

function record(ctx: Context, { review, evidenceHash, verdict }: ReviewView): Promise<void> {
  return inTransaction(ctx.database, (client) =>
    recordChange(ctx, client, {
      teamId: review.teamId,
      action: 'certificate.issued',
      target: { kind: 'review', id: review.id },
      fields: { evidenceHash: 'shown', passed: 'shown' },
      after: { evidenceHash, passed: verdict.passed },
    }),
  );
}

/** Those who left are named too: what they said stays said. */
async function readPeople(ctx: Context, teamId: string, ids: readonly string[]): Promise<CertifiedPerson[]> {
  const people: CertifiedPerson[] = [];
  for (const memberId of ids) {
    const { id, name, role, status } = await requireMember(ctx.database, teamId, memberId);
    people.push({ id, name, role, status });
  }
  return people;
}
