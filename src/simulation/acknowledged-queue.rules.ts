import type { Planned } from './plan.rules.ts';
import { nextOf, type PlanSource, type RetryBook, type Sending, type Settlement } from './retry-book.rules.ts';

/**
 * DocuSign Connect with `requiresAcknowledgement`, as the provider facts have it. A failure takes the configuration
 * *down*: what comes later queues behind the notification that failed, which is tried again after each delay. The first
 * success takes it *up*, and the queue is sent in order, one at a time. Not public, and decided here: a notification
 * whose retries are used up is given up, and the next in the queue is tried at the time of the next retry.
 * What is not genuine passes by all of this: it does not come from DocuSign.
 */
export function createAcknowledgedQueue(source: PlanSource, delaysMs: readonly number[]): RetryBook {
  /** Failed, or held back while down, in the order of the plan. */
  const queue: Sending[] = [];
  /** Null while up; else when the head of the queue is tried again. */
  let retryAtMs: number | null = null;
  /** What was due by then is sent one at a time. */
  let flushUntilMs = Number.NEGATIVE_INFINITY;
  let genuineUnderWay = 0;
  let upcoming = nextOf(source);

  function take(planned: Planned): Sending {
    upcoming = nextOf(source);
    return { planned, attempt: 1, dueMs: planned.dueMs };
  }

  function send(sending: Sending): Sending {
    if (sending.planned.kind === 'genuine') genuineUnderWay += 1;
    return sending;
  }

  function nextWhileUp(): Sending | null {
    const head = queue[0];
    const dueMs = head?.dueMs ?? upcoming?.dueMs ?? Number.POSITIVE_INFINITY;
    const isGenuine = head !== undefined || upcoming?.kind === 'genuine';
    if (isGenuine && dueMs <= flushUntilMs && genuineUnderWay > 0) return null;
    if (head === undefined) return upcoming === null ? null : send(take(upcoming));
    queue.shift();
    return send(head);
  }

  function nextWhileDown(retryMs: number): Sending | null {
    while (upcoming !== null && upcoming.dueMs <= retryMs) {
      const sending = take(upcoming);
      if (sending.planned.kind !== 'genuine') return sending;
      queue.push(sending);
    }
    if (genuineUnderWay > 0) return null;
    const head = queue.shift();
    if (head === undefined) return upcoming === null ? null : send(take(upcoming));
    return send({ ...head, dueMs: Math.max(head.dueMs, retryMs) });
  }

  return {
    next: () => (retryAtMs === null ? nextWhileUp() : nextWhileDown(retryAtMs)),
    settle({ planned, attempt, dueMs }, acknowledged, nowMs): Settlement {
      if (planned.kind !== 'genuine') return acknowledged ? 'acknowledged' : 'given up';
      genuineUnderWay -= 1;
      if (acknowledged) {
        if (retryAtMs !== null) flushUntilMs = nowMs;
        retryAtMs = null;
        return 'acknowledged';
      }
      const delayMs = delaysMs[attempt - 1];
      retryAtMs = nowMs + (delayMs ?? delaysMs.at(-1) ?? 0);
      if (delayMs === undefined) return 'given up';
      const later = queue.findIndex((each) => each.planned.index > planned.index);
      queue.splice(later === -1 ? queue.length : later, 0, { planned, attempt: attempt + 1, dueMs });
      return 'again';
    },
  };
}
