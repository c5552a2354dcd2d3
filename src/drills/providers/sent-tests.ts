import type { Subject } from '../../readiness/finding.ts';
import type { TranscriptStep } from '../drill.ts';
import type { DrillTeam } from '../reliability/drill-team.ts';
import type { Stage } from '../stage.ts';
import type { TestKind } from './goroute.receiver.test-delivered.rules.ts';

/** A document that an earlier run sent. */
export type Former = { kind: TestKind; transaction: string; attempt: number; sentAtMs: number };

const says = 'It was sent.';
const runsMost = 100;

/** Where the next run finds it. */
export function noteSent(
  stage: Stage,
  sent: { agreement: string; kind: TestKind; attempt: number; transaction: string },
): void {
  stage.note(says, sent);
}

/**
 * What earlier runs sent of a kind under an agreement, newest first: their transcripts are the record of it, which is kept for
 * as long as evidence of the drill counts.
 */
export async function findSent(
  stage: Stage,
  team: DrillTeam,
  about: { checkId: string; subject: Subject; agreement: string; kind: TestKind },
): Promise<Former[]> {
  const path = `/drills/runs?check=${encodeURIComponent(about.checkId)}&limit=${runsMost}`;
  const { data } = (await team.want('GET', path)) as { data: { id: string; subject: { id: string } }[] };
  const found: Former[] = [];
  for (const { id } of data.filter(({ subject }) => subject.id === about.subject.id)) {
    stage.signal.throwIfAborted();
    const { transcript } = (await team.want('GET', `/drills/runs/${id}`)) as { transcript: TranscriptStep[] };
    found.push(...transcript.toReversed().flatMap((step) => formerOf(step, about) ?? []));
  }
  return found;
}

function formerOf(
  { says: said, values, atMs }: TranscriptStep,
  about: { agreement: string; kind: TestKind },
): Former | null {
  if (said !== says) return null;
  const { agreement, kind, attempt, transaction } = Object.fromEntries(values.map((each) => [each.name, each.value]));
  if (agreement !== about.agreement || kind !== about.kind) return null;
  if (typeof transaction !== 'string' || typeof attempt !== 'number') return null;
  return { kind: about.kind, transaction, attempt, sentAtMs: atMs };
}
