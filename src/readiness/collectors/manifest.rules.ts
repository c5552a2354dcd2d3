import type { Measured, PartName, ReleaseManifest, ReleaseParts } from '../../release/manifest-schema.ts';
import type { ReleaseFacts, RunningRelease } from '../../release/release-facts.ts';
import type { Finding } from '../finding.ts';
import { unknown } from '../finding.rules.ts';

type Released = { manifest: ReleaseManifest; running: RunningRelease };

/** Judges what the manifest says. One that proves nothing of what runs decides nothing. */
export function judgeManifested(facts: ReleaseFacts, judge: (released: Released) => Finding): Finding {
  if (facts.verified) return judge(facts);
  const { what, command } = facts.fault;
  return unknown(what, { manifest: facts.fault.kind }, command);
}

/** Judges a part of the manifest. A part that nobody measured decides nothing, and the manifest says why. */
export function judgePart<Name extends PartName>(
  facts: ReleaseFacts,
  name: Name,
  judge: (part: Measured<Name>, released: Released) => Finding,
): Finding {
  return judgeManifested(facts, (released) => {
    const part: ReleaseParts[PartName] = released.manifest.parts[name];
    if (part.status === 'measured') return judge(part as unknown as Measured<Name>, released);
    return unknown(`The pipeline did not measure it: ${part.because}.`, { manifest: 'verified' });
  });
}

/** Milliseconds since a time of the manifest; less than nothing when it is yet to come. */
export function sinceMs(time: string, nowMs: number): number {
  return nowMs - Date.parse(time);
}
