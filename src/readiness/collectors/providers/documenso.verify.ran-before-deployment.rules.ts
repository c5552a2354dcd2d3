import type { VerifiedLine } from '../../../deployments/deployment.ts';
import { providerLines } from '../../../deployments/provider-lines.rules.ts';
import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';

/** A run of `posthorn verify` that was about the connection. */
export type RunBefore = {
  recordedAtMs: number;
  tookMs: number;
  exitCode: number;
  /** Those about the connection. */
  lines: readonly Pick<VerifiedLine, 'name' | 'state'>[];
  /** Whether the gateway asked Documenso at that time, and has evidence that all was well. */
  isMeasured: boolean;
};

export type DeploymentFacts =
  | { concerned: false; why: string }
  | {
      concerned: true;
      /** The newest to production that is about the connection; null: none is on record. */
      deployment: { release: string; startedAtMs: number } | null;
      /** The newest for that release before it began. */
      run: RunBefore | null;
    };

const hourMs = 3_600_000;
const mostMs = 10_000;
/** As long as runs are kept. */
const keptDays = 400;

/**
 * The release that was deployed last was verified within the hour before: four lines OK, exit code 0, in under 10 s, and the
 * gateway's own evidence of that time says so too.
 */
export function judgeRanBefore(facts: DeploymentFacts, nowMs: number): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { deployment, run } = facts;
  if (deployment === null) {
    const command = 'posthorn deployment start --release <release>';
    return unknown('No deployment to production is on record.', {}, command);
  }
  const { release, startedAtMs } = deployment;
  const startedAt = new Date(startedAtMs).toISOString();
  const went = `${release} went out at ${startedAt}`;
  const command = `posthorn verify --record --release ${release}`;
  if (startedAtMs < nowMs - keptDays * dayMs) {
    return unknown(`${went}: what was verified so long ago is not kept.`, { release, startedAt });
  }
  if (run === null) {
    return failed(
      `${went}, and no run of posthorn verify for it is on record before.`,
      { release, startedAt },
      command,
    );
  }
  const beforeMs = startedAtMs - run.recordedAtMs;
  const minutesBefore = Math.floor(beforeMs / 60_000);
  const { exitCode, tookMs } = run;
  const values = { release, startedAt, minutesBefore, exitCode, tookMs };
  const bad = (seen: string): Finding => failed(`${went}, ${seen}`, values, command);
  if (beforeMs > hourMs) return bad(`and posthorn verify had run for it ${counted(minutesBefore, 'minute')} before.`);
  const missing = providerLines.filter((name) => !run.lines.some((line) => line.name === name && line.state === 'OK'));
  if (missing.length > 0) return bad(`and posthorn verify had not said OK of: ${listed(missing)}.`);
  if (exitCode !== 0) return bad(`though posthorn verify had ended with ${exitCode}.`);
  if (tookMs >= mostMs) return bad(`and posthorn verify had taken ${tookMs} ms.`);
  if (!run.isMeasured) return bad('and of the answers of the API then, this gateway has no evidence of its own.');
  return passed(`${went}, ${counted(minutesBefore, 'minute')} after posthorn verify found all four in order.`, values);
}
