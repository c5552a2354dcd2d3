import { type Static, type TSchema, Type } from 'typebox';
import { duties } from '../../members/duties.rules.ts';
import type { SubjectKind } from '../../readiness/check-definition.ts';
import type { WaiverOnRecord } from '../review.ts';
import type { Proof } from './attestation.rules.ts';
import type { StoredAttestation } from './attestation.store.ts';
import type { AttestedFile } from './attested-file.store.ts';
import { fileContentTypes } from './file-content.rules.ts';
import type { SignOffNow } from './list-sign-offs.ts';
import type { StoredSignOff } from './sign-off.store.ts';

export const closed = { additionalProperties: false } as const;

function Nullable<Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) {
  return Type.Union([schema, Type.Null()], options);
}
// Without U+0000, which PostgreSQL cannot store.
const Text = (maxLength: number, options: { description?: string; examples?: string[] } = {}) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$', ...options });
const Time = () => Type.String({ format: 'date-time' });
const subjectKinds: readonly SubjectKind[] = ['gateway', 'team', 'source', 'endpoint', 'connection', 'organisation'];
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256, hex.' });
const Member = (description: string) => Type.String({ description, examples: ['mem_01kajxkkj8ffkr1g8xs6a3ek0r'] });

export const CheckId = Type.String({ minLength: 1, maxLength: 200, examples: ['compliance.legal.terms-reviewed'] });
export const SubjectId = Text(100, { description: 'Id of what it is about; may be left out where there is one.' });
const SubjectView = Type.Object({
  kind: Type.Unsafe<SubjectKind>({ type: 'string', enum: [...subjectKinds] }),
  id: Type.String(),
});
const Turn = Nullable(Type.Object({ by: Member('Who.'), at: Time() }));

export const ProofSchema = Type.Union([
  Type.Object(
    { kind: Type.Literal('text'), text: Text(5_000, { description: 'What was looked at, and when.' }) },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('link'),
      url: Text(2_000, { description: 'https, without user name and password.' }),
      sha256: Type.Optional(
        Nullable(Hash, { description: 'Of what is there: what is attested is what had this hash.' }),
      ),
    },
    closed,
  ),
  Type.Object(
    { kind: Type.Literal('file'), name: Text(200), sha256: Type.String({ description: 'Of a file that is stored.' }) },
    closed,
  ),
]);
const ProofView = Type.Unsafe<Proof>(
  Type.Union([
    Type.Object({ kind: Type.Literal('text'), text: Type.String() }),
    Type.Object({ kind: Type.Literal('link'), url: Type.String(), sha256: Nullable(Type.String()) }),
    Type.Object({ kind: Type.Literal('file'), name: Type.String(), sha256: Type.String() }),
  ]),
);

export const AttestationView = Type.Object({
  id: Type.String({ examples: ['ats_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  check: CheckId,
  subject: SubjectView,
  author: Member('Who attested it.'),
  proofs: Type.Array(ProofView),
  note: Nullable(Type.String()),
  attestedAt: Time(),
  expiresAt: Time(),
  confirmed: Turn,
  withdrawn: Turn,
});

export const FileView = Type.Object({
  sha256: Hash,
  name: Type.String(),
  contentType: Type.String(),
  sizeBytes: Type.Integer(),
  uploadedBy: Member('Who stored it first.'),
  uploadedAt: Time(),
});
export const FileBody = Type.Object(
  {
    name: Text(200, { examples: ['incident-plan.pdf'] }),
    contentType: Type.Enum([...fileContentTypes]),
    base64: Type.String({
      minLength: 4,
      maxLength: 7_000_000,
      pattern: '^[A-Za-z0-9+/]+={0,2}$',
      description: 'The bytes, 5 MiB at most.',
    }),
  },
  closed,
);

export const WaiverView = Type.Object({
  id: Type.String({ examples: ['wvr_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  review: Type.String(),
  check: CheckId,
  subject: SubjectView,
  requestedBy: Member('Who asked for it.'),
  owner: Member('Who mends it meanwhile.'),
  reason: Type.String(),
  control: Type.String({ description: 'What is done in its place.' }),
  requestedAt: Time(),
  expiresAt: Time(),
  approved: Turn,
  endedAt: Nullable(Time(), { description: 'Refused, or taken back.' }),
});

export const duty = Type.Enum([...duties], { description: 'What is signed for.' });
export const evidenceHash = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'The `evidenceHash` of the review as the signer saw it.',
});
const signOff = {
  id: Type.String({ examples: ['sgn_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  review: Type.String(),
  duty: Type.String(),
  member: Member('Who signed.'),
  evidenceHash: Type.String(),
  remark: Nullable(Type.String()),
  signedAt: Time(),
  withdrawnAt: Nullable(Time()),
};
export const SignOffView = Type.Object(signOff);
export const SignOffNowView = Type.Object({
  ...signOff,
  fallenBecause: Nullable(Type.String(), { description: 'Why it does not count any more; null while it stands.' }),
  changed: Type.Array(
    Type.Object({
      check: Type.String(),
      subject: SubjectView,
      from: Nullable(Type.String()),
      to: Nullable(Type.String()),
    }),
    { description: 'What stands otherwise than when it was signed.' },
  ),
});

export const ReviewParams = Type.Object({
  team: Type.String({ description: 'The id of the team.', examples: ['team_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  review: Type.String({ examples: ['rev_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});

const time = (ms: number): string => new Date(ms).toISOString();
const turnOf = (turn: { by: string; atMs: number } | null) =>
  turn === null ? null : { by: turn.by, at: time(turn.atMs) };

export function showAttestation(attestation: StoredAttestation): Static<typeof AttestationView> {
  const { id, checkId, subject, author, proofs, note, attestedAtMs, expiresAtMs, review, withdrawn } = attestation;
  return {
    id,
    check: checkId,
    subject,
    author,
    proofs: [...proofs],
    note,
    attestedAt: time(attestedAtMs),
    expiresAt: time(expiresAtMs),
    confirmed: turnOf(review),
    withdrawn: turnOf(withdrawn),
  };
}

export function showFile({ uploadedAtMs, ...file }: AttestedFile): Static<typeof FileView> {
  return { ...file, uploadedAt: time(uploadedAtMs) };
}

export function showWaiver(waiver: WaiverOnRecord): Static<typeof WaiverView> {
  const { id, reviewId, checkId, subject, requestedBy, owner, reason, control, approval, endedAtMs } = waiver;
  return {
    id,
    review: reviewId,
    check: checkId,
    subject,
    requestedBy,
    owner,
    reason,
    control,
    requestedAt: time(waiver.requestedAtMs),
    expiresAt: time(waiver.expiresAtMs),
    approved: turnOf(approval),
    endedAt: endedAtMs === null ? null : time(endedAtMs),
  };
}

export function showSignOff(given: StoredSignOff): Static<typeof SignOffView> {
  const { id, reviewId, duty: signedFor, memberId, evidenceHash: hash, remark, signedAtMs, withdrawnAtMs } = given;
  return {
    id,
    review: reviewId,
    duty: signedFor,
    member: memberId,
    evidenceHash: hash,
    remark,
    signedAt: time(signedAtMs),
    withdrawnAt: withdrawnAtMs === null ? null : time(withdrawnAtMs),
  };
}

export function showSignOffNow(given: SignOffNow): Static<typeof SignOffNowView> {
  const changed = given.changed.map(({ checkId, ...rest }) => ({ check: checkId, ...rest }));
  return { ...showSignOff(given), fallenBecause: given.fallenBecause, changed };
}
