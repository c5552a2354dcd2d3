import { afterAll, beforeAll, expect, test } from 'vitest';
import { listTranscripts } from '../../../src/drills/list-transcripts.ts';
import { idPrefixes, uuidFromId } from '../../../src/ids/id.rules.ts';
import { digestOf } from '../../../src/readiness/digest.rules.ts';
import { hashOfEvidence } from '../../../src/readiness/evidence.rules.ts';
import type { Certificate } from '../../../src/reviews/certificate/certificate.rules.ts';
import { verifyCertificate } from '../../../src/reviews/verify-certificate.ts';
import { type Changed, forge, openCertificateStand } from './certificate-stand.ts';

type Stand = Awaited<ReturnType<typeof openCertificateStand>>;
let stand: Stand;
let bundle = '';
beforeAll(async () => {
  stand = await openCertificateStand();
  const { team, review } = await stand.passedReview();
  bundle = (await stand.certificate(team, review)).text;
});
afterAll(() => stand[Symbol.asyncDispose]());

const transcript = [
  { atMs: 1, says: 'Sent a forged one, which was refused.', values: [{ name: 'status', value: 401 }] },
];

/** A certificate in which a check rests on a drill. */
function drilled(change: (parts: Changed<Certificate['parts']>) => void): string[] {
  const forged = forge(bundle, (parts) => {
    const check = parts.checks.find(({ evidence }) => evidence !== null);
    const evidence = check?.evidence ?? null;
    if (check === undefined || evidence === null) throw new Error('no check has evidence');
    const transcriptHash = digestOf(transcript);
    evidence.finding.values.push({ name: 'transcriptSha256', value: transcriptHash });
    evidence.hash = hashOfEvidence(evidence);
    const run = { id: stand.services.ids.next(idPrefixes.drillRun), version: 1, startedAtMs: 1, endedAtMs: 2 };
    const about = { checkId: check.checkId, subject: evidence.subject, evidenceId: evidence.id };
    parts.transcripts.push({ ...run, ...about, transcript: structuredClone(transcript), transcriptHash });
    change(parts);
  });
  return verifyCertificate(forged, null).faults.map(({ place, what }) => `${place} ${what}`);
}

test('a check that a drill decided rests on its transcript, and on no other', () => {
  expect(drilled(() => undefined)).toEqual([]);
  expect(drilled((parts) => void parts.transcripts.pop()).join()).toContain('whose transcript is not there');
  const changed = drilled(({ transcripts: [one] }) => void one?.transcript.pop());
  expect(changed.join()).toContain('does not fit its hash');
  const other = drilled(({ transcripts: [one] }) => {
    if (one !== undefined) Object.assign(one, { transcript: [], transcriptHash: digestOf([]) });
  });
  expect(other.join()).toContain('rests on another transcript');
});

test('transcripts are found by the evidence that came of them: the team’s own, and those of the gateway', async () => {
  const [own, foreign] = [await stand.createTeam(), await stand.createTeam()];
  const { ids, database } = stand.services;
  const insert = async (team: string, kind: string): Promise<string> => {
    const evidenceId = ids.next(idPrefixes.evidence);
    await database.query(
      `INSERT INTO drill_run (team_id, id, check_id, subject_kind, subject_id, version, pace, state, transcript,
         transcript_hash, evidence_id) VALUES ($1, $2, 'a.check', $3, $3, 1, 1, 'done', $4, $5, $6)`,
      [
        uuidFromId(team),
        uuidFromId(ids.next(idPrefixes.drillRun)),
        kind,
        JSON.stringify(transcript),
        digestOf(transcript),
        uuidFromId(evidenceId),
      ],
    );
    return evidenceId;
  };
  const evidenceIds = [
    await insert(own, 'organisation'),
    await insert(foreign, 'gateway'),
    await insert(foreign, 'organisation'),
  ];
  const found = await listTranscripts({ database }, { teamId: own, evidenceIds });
  expect(found).toMatchObject([
    { evidenceId: evidenceIds[0], transcript, transcriptHash: digestOf(transcript) },
    { evidenceId: evidenceIds[1] },
  ]);
  expect(await listTranscripts({ database }, { teamId: own, evidenceIds: [] })).toEqual([]);
});
