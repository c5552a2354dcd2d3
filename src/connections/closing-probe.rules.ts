/** What a last read with a removed credential told. `status` is the provider's; null when no answer came. */
export type ProbeAnswer =
  | { kind: 'refused'; status: number }
  | { kind: 'accepted'; status: number }
  /** An answer, or none, that says nothing of the credential. */
  | { kind: 'unclear'; status: number | null };

/** Why a credential cannot be tried. `reference`: its value is not here, and may be the new one by now. */
export type NotProbed = 'reference' | 'no-read';

type ClosedState = 'refused' | 'accepted' | 'unanswered' | 'in-use' | 'not-probed';
export type ProbeState = ClosedState | 'outstanding';

/** What becomes of a probe. `failures`: reads in a row that said nothing. */
export type ProbeDecision =
  | { state: 'refused' | 'accepted' | 'unanswered' }
  | { state: 'outstanding'; dueAtMs: number; failures: number };

const dayMs = 86_400_000;
/** So long a provider may take to refuse what was removed; then its value is destroyed, whatever it answers. */
export const closingMs = 7 * dayMs;
/** The last read of the seven days may come a little late. */
export const latestRefusalMs = closingMs + 3_600_000;
/** Who removes a credential here revokes it at the provider next. */
export const firstProbeAfterMs = 600_000;

const firstPauseMs = 60_000;
const longestPauseMs = 21_600_000;

/** A refused credential is done with; one that is taken is tried daily, one that is not answered for sooner. */
export function decideProbe(
  probe: { replacedAtMs: number; failures: number; wasAccepted: boolean },
  answer: ProbeAnswer,
  nowMs: number,
): ProbeDecision {
  if (answer.kind === 'refused') return { state: 'refused' };
  const untilMs = probe.replacedAtMs + closingMs;
  if (nowMs >= untilMs) {
    return { state: answer.kind === 'accepted' || probe.wasAccepted ? 'accepted' : 'unanswered' };
  }
  if (answer.kind === 'accepted') {
    return { state: 'outstanding', dueAtMs: Math.min(nowMs + dayMs, untilMs), failures: 0 };
  }
  const failures = probe.failures + 1;
  const pauseMs = Math.min(firstPauseMs * 2 ** Math.min(failures - 1, 20), longestPauseMs);
  return { state: 'outstanding', dueAtMs: Math.min(nowMs + pauseMs, untilMs), failures };
}

/** What the status of a harmless read says of the credential it was made with. */
export function readProbeStatus(status: number): ProbeAnswer {
  if (status === 401 || status === 403) return { kind: 'refused', status };
  if (status >= 200 && status < 300) return { kind: 'accepted', status };
  return { kind: 'unclear', status };
}

/** For people: what is known of a removed credential, and what to do. */
export function describeProbe(probe: {
  state: ProbeState;
  because: NotProbed | null;
  status: number | null;
  tries: number;
  wasAccepted: boolean;
}): string {
  switch (probe.state) {
    case 'refused':
      return `The provider refused it (${probe.status}); its value is destroyed.`;
    case 'accepted':
      return 'The provider still took it after 7 days; its value is destroyed. Revoke it there.';
    case 'unanswered':
      return 'Nothing was learnt in 7 days; its value is destroyed. Look at the provider whether it is revoked.';
    case 'in-use':
      return 'The same secret serves a connection of this team: it was not replaced.';
    case 'not-probed':
      return probe.because === 'reference'
        ? 'Its value was never here, so it was not tried. Look at the provider whether it is revoked.'
        : 'Nothing says which read is harmless, so it was not tried. Look at the provider whether it is revoked.';
    case 'outstanding':
      return describeOutstanding(probe);
  }
}

function describeOutstanding({
  status,
  tries,
  wasAccepted,
}: {
  status: number | null;
  tries: number;
  wasAccepted: boolean;
}): string {
  if (tries === 0) return 'It was not tried yet.';
  if (wasAccepted) return 'The provider still takes it. Revoke it there; it is tried again every day.';
  const seen = status === null ? 'No answer came' : `The provider answered ${status}`;
  return `${seen}, which says nothing of it. It is tried again.`;
}
