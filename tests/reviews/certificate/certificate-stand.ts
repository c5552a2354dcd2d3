import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { signCertificate } from '../../../src/audit/certificate-signature.rules.ts';
import { keyIdOf, signCheckpoint } from '../../../src/audit/checkpoint.rules.ts';
import type { CheckpointSigner } from '../../../src/audit/checkpoint-signer.ts';
import { openSigner } from '../../../src/audit/checkpoint-signer.ts';
import { hashParts, manifestText, writeBundle } from '../../../src/reviews/certificate/bundle.rules.ts';
import { certificateRoutes } from '../../../src/reviews/certificate/certificate.routes.ts';
import type { Certificate, CertifiedTranscript } from '../../../src/reviews/certificate/certificate.rules.ts';
import { hashOfEvidenceSet } from '../../../src/reviews/people/evidence-set.rules.ts';
import { openPeopleStand } from '../people/people-stand.ts';

/** The API of what people say with that of certificates, and a review that passed. */
export async function openCertificateStand() {
  const transcripts: CertifiedTranscript[] = [];
  let signer: Promise<CheckpointSigner> | null = null;
  const stand = await openPeopleStand((app, services) => {
    void app.register(
      certificateRoutes({
        services: {
          ...services,
          signer: () => (signer ??= openSigner(services)),
          transcripts: (_team, evidenceIds) =>
            Promise.resolve(transcripts.filter(({ evidenceId }) => evidenceIds.includes(evidenceId ?? ''))),
        },
      }),
    );
  });
  const sign = async (team: string, review: string, key: string, duty: string) => {
    const { evidenceHash } = await stand.view(team, review);
    const path = `/v1/teams/${team}/reviews/${review}/sign-offs`;
    const { status, text } = await stand.call('POST', path, { key, body: { duty, evidenceHash } });
    if (status !== 201) throw new Error(text);
  };
  return {
    ...stand,
    transcripts,
    sign,
    signer: () => openSigner(stand.services),
    /** A review in which everything holds: measured, attested and confirmed, waived by leave, and signed by two. */
    async passedReview(names: readonly [string, string, string] = ['Ada Example', 'Bo Example', 'Cy Example']) {
      const team = await stand.createTeam('Acme');
      const [ada, bo, cy] = [
        await stand.addMember(team, 'developer', names[0]),
        await stand.addMember(team, 'developer', names[1]),
        await stand.addMember(team, 'auditor', names[2]),
      ];
      await stand.nameSigners(team, 'engineering', [ada]);
      await stand.nameSigners(team, 'security', [bo]);
      stand.findings.set('gate.oiled', { state: 'passed', seen: 'It is.', values: [], command: null });
      const review = await stand.createReview(team, { name: 'Contracts go live' });
      const post = async (path: string, key: string, body?: object): Promise<{ id: string }> => {
        const answer = await stand.call('POST', `/v1/teams/${team}${path}`, {
          key,
          ...(body === undefined ? {} : { body }),
        });
        if (answer.status >= 300) throw new Error(answer.text);
        return answer.body as { id: string };
      };
      const proofs = [{ kind: 'text', text: 'Asked all of them on 2026-06-30.' }];
      await post('/attestations', ada.key, { check: 'people.told', proofs });
      const agreed = await post('/attestations', ada.key, { check: 'people.agreed', proofs });
      stand.time.nowMs += 60_000;
      await post(`/attestations/${agreed.id}/confirm`, bo.key);
      const waiver = await post(`/reviews/${review}/waivers`, ada.key, {
        check: 'gate.painted',
        reason: 'The painter comes in September.',
        control: 'Somebody looks for rust each morning.',
        expiresAt: '2026-07-21T12:00:00Z',
      });
      stand.time.nowMs += 60_000;
      await post(`/reviews/${review}/waivers/${waiver.id}/approve`, cy.key);
      stand.time.nowMs += 60_000;
      await sign(team, review, ada.key, 'engineering');
      await sign(team, review, bo.key, 'security');
      stand.time.nowMs += 60_000;
      return { team, review, ada, bo, cy };
    },
    async certificate(team: string, review: string, as = 'json') {
      return stand.call('GET', `/v1/teams/${team}/reviews/${review}/certificate?as=${as}`);
    },
  };
}

/** The same, to be changed at every depth. */
export type Changed<Value> = Value extends readonly (infer Item)[]
  ? Changed<Item>[]
  : Value extends object
    ? { -readonly [Name in keyof Value]: Changed<Value[Name]> }
    : Value;

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

/** A key of whoever changes a certificate and signs it anew. */
export const forger: { publicKey: KeyObject } = { publicKey };

/** A certificate that was changed, hashed and signed anew by a key that is the gateway's own: what it says has to fit. */
export function forge(bundle: string, change: (parts: Changed<Certificate['parts']>) => void, refit = true): string {
  const { manifest, parts } = JSON.parse(bundle) as Changed<Certificate>;
  change(parts);
  const evidenceHash = refit ? hashOfEvidenceSet(parts.evidenceSet) : manifest.evidenceHash;
  const key = keyIdOf(publicKey);
  const { signature: _, ...checkpoint } = parts.audit;
  const whole = { ...parts, audit: signCheckpoint({ ...checkpoint, key }, privateKey) };
  const head = { ...manifest, evidenceHash, key, parts: hashParts(whole) };
  const signature = signCertificate(manifestText(head), privateKey);
  return writeBundle({ manifest: head, parts: whole, publicKey, signature });
}
