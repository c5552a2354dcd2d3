import type { MeasuredValue } from '../readiness/finding.ts';
import type { TranscriptStep } from './drill.ts';
import { scrub } from './scrub.rules.ts';

/** What is stored of a run at most. */
const mostSteps = 500;
const mostBytes = 256 * 1024;
const longestText = 2_000;

/** Steps as they come, without secrets and within bounds; `leftOut` counts those that had no room. */
export type Transcript = {
  readonly steps: readonly TranscriptStep[];
  readonly sizeBytes: number;
  readonly leftOut: number;
};

export const emptyTranscript: Transcript = { steps: [], sizeBytes: 0, leftOut: 0 };

/** The last step has room in any case: it says what was left out. */
const roomForTheLast = { steps: 1, bytes: 1_024 };

/** @param secrets what is known to be one, beside what has the shape of one. */
export function addStep(transcript: Transcript, step: TranscriptStep, secrets: Iterable<string>): Transcript {
  const clean = scrubStep(step, secrets);
  const sizeBytes = transcript.sizeBytes + Buffer.byteLength(JSON.stringify(clean)) + 1;
  const isFull =
    transcript.leftOut > 0 ||
    transcript.steps.length >= mostSteps - roomForTheLast.steps ||
    sizeBytes > mostBytes - roomForTheLast.bytes;
  if (isFull) return { ...transcript, leftOut: transcript.leftOut + 1 };
  return { steps: [...transcript.steps, clean], sizeBytes, leftOut: 0 };
}

/** As it is stored: secrets that became known after they were noted are masked now. */
export function closeTranscript(transcript: Transcript, atMs: number, secrets: Iterable<string>): TranscriptStep[] {
  const known = [...secrets];
  const steps = transcript.steps.map((step) => scrubStep(step, known));
  const { leftOut } = transcript;
  return leftOut === 0 ? steps : [...steps, { atMs, says: `${leftOut} more steps had no room.`, values: [] }];
}

export function scrubValues(values: readonly MeasuredValue[], secrets: Iterable<string>): MeasuredValue[] {
  const known = [...secrets];
  return values.map(({ name, value }) => ({
    name: scrub(name, known),
    value: typeof value === 'string' ? scrub(value, known).slice(0, longestText) : value,
  }));
}

function scrubStep({ atMs, says, values }: TranscriptStep, secrets: Iterable<string>): TranscriptStep {
  const known = [...secrets];
  return { atMs, says: scrub(says, known).slice(0, longestText), values: scrubValues(values, known) };
}
