import { digestOf } from '../readiness/digest.rules.ts';
import { unknown } from '../readiness/finding.rules.ts';
import type { Finding } from '../readiness/finding.ts';
import type { StoredRun } from './drill-run.store.ts';
import type { Drill, TranscriptStep } from './drill.ts';
import { scrub } from './scrub.rules.ts';
import { openStage, type StageOptions } from './stage/open-stage.ts';
import { addStep, closeTranscript, emptyTranscript, scrubValues } from './transcript.rules.ts';

/** Why a run is broken off. */
export type BreakOff = 'stopped' | 'limit' | 'shutdown' | 'lost';

/** What is to be seen of a run under way. */
export type Playing = {
  readonly progress: { done: number; of: number | null };
  readonly transcript: readonly TranscriptStep[];
};

/** How a run ended. `finding` null: it was broken off, and decides nothing. */
export type Played = {
  brokenOff: BreakOff | null;
  finding: Finding | null;
  transcript: readonly TranscriptStep[];
  transcriptHash: string;
};

class BrokenOff extends Error {
  readonly why: BreakOff;

  constructor(why: BreakOff) {
    super(`the run was broken off: ${why}`);
    this.name = 'AbortError';
    this.why = why;
  }
}

export type PlayOptions = Pick<
  StageOptions,
  'gateway' | 'mode' | 'egress' | 'signForEndpoint' | 'clock' | 'environment' | 'onError'
>;

/**
 * Plays a drill on a stage of its own, within its limit. What it throws makes the check unknown, with the reason. The
 * stage is empty when this resolves, and no secret is in what it answers.
 */
export function playDrill(
  drill: Drill,
  run: StoredRun,
  options: PlayOptions,
): { playing: Playing; breakOff(why: BreakOff): void; played: Promise<Played> } {
  const { clock } = options;
  const over = new AbortController();
  let progress: Playing['progress'] = { done: 0, of: null };
  let transcript = emptyTranscript;
  const nowMs = (): number => Math.floor(clock.now());
  const open = openStage({
    ...options,
    teamId: run.teamId,
    signal: over.signal,
    pace: run.pace,
    onNote(says, values) {
      transcript = addStep(transcript, { atMs: nowMs(), says, values }, open.secrets);
    },
    onProgress(done, of) {
      progress = { done, of };
    },
  });
  const note = (says: string): void => open.stage.note(says);
  const breakOff = (why: BreakOff): void => over.abort(new BrokenOff(why));
  const limit = setTimeout(() => breakOff('limit'), drill.limitSeconds * 1000);
  limit.unref();

  const play = async (): Promise<Finding> => {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    over.signal.addEventListener('abort', () => reject(over.signal.reason), { once: true });
    const running = drill.run(open.stage, run.subject);
    // When it is broken off, nobody waits for it any more.
    running.catch(() => undefined);
    return Promise.race([running, aborted]);
  };

  const playToTheEnd = async (): Promise<Played> => {
    let finding: Finding | null = null;
    try {
      finding = await play();
      note(`The finding: ${finding.state}. ${finding.seen}`);
    } catch (error) {
      const why = reasonOf(over.signal);
      if (why !== null) note(sayOf(why, drill));
      else {
        options.onError(error);
        finding = unknown(`It could not be decided: ${messageOf(error)}`);
        note(finding.seen);
      }
    } finally {
      clearTimeout(limit);
      over.abort(new BrokenOff('shutdown'));
      await open.end();
    }
    const { secrets } = open;
    const steps = closeTranscript(transcript, nowMs(), secrets);
    const transcriptHash = digestOf(steps);
    const clean = finding === null ? null : scrubFinding(finding, secrets, transcriptHash);
    return { brokenOff: clean === null ? brokenOffBy : null, finding: clean, transcript: steps, transcriptHash };
  };

  let brokenOffBy: BreakOff | null = null;
  over.signal.addEventListener('abort', () => {
    brokenOffBy ??= reasonOf(over.signal);
  });
  return {
    playing: {
      get progress() {
        return progress;
      },
      get transcript() {
        return transcript.steps;
      },
    },
    breakOff,
    played: playToTheEnd(),
  };
}

function reasonOf(signal: AbortSignal): BreakOff | null {
  return signal.reason instanceof BrokenOff ? signal.reason.why : null;
}

function sayOf(why: BreakOff, { limitSeconds }: Drill): string {
  const says = {
    stopped: 'It was stopped.',
    limit: `It took longer than the ${limitSeconds} s that it has, and decides nothing.`,
    shutdown: 'The gateway was stopped.',
    lost: 'The node lost its lease on the run.',
  };
  return says[why];
}

function scrubFinding(finding: Finding, secrets: Iterable<string>, transcriptHash: string): Finding {
  const known = [...secrets];
  return {
    state: finding.state,
    seen: scrub(finding.seen, known),
    values: [...scrubValues(finding.values, known), { name: 'transcriptSha256', value: transcriptHash }],
    command: finding.command === null ? null : scrub(finding.command, known),
  };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the drill failed.';
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`.slice(0, 500);
}
