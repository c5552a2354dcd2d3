import type { Paint } from '../terminal/paint.rules.ts';
import { readableDuration, readableTime } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';

/** What the verbs read of the contract's attempts and deliveries; the API answers with more. */
export type AttemptView = {
  number: number;
  startedAt: string;
  status: number | null;
  error: string | null;
  errorMessage: string | null;
  timing: { totalMs: number };
};

export type DeliveryView = {
  id: string;
  eventId: string;
  endpointId: string;
  state: 'pending' | 'succeeded' | 'dead' | 'held' | 'cancelled';
  attempts: AttemptView[];
};

/** `14:02:11  ep_…  attempt 2  500 in 12 ms` */
export function renderAttempt(delivery: DeliveryView, attempt: AttemptView, paint: Paint): string {
  const good = attempt.error === null && attempt.status !== null && attempt.status >= 200 && attempt.status < 300;
  // An answer that broke off has a status and is a failure all the same: its status alone would read like a success.
  const isAnswered = attempt.status !== null && (attempt.error === null || attempt.error === 'http');
  const what = [attempt.status, isAnswered ? null : (attempt.error ?? 'no answer')].filter((part) => part !== null);
  const took = ` in ${readableDuration(attempt.timing.totalMs)}`;
  const why = isAnswered || attempt.errorMessage === null ? '' : ` (${attempt.errorMessage})`;
  const outcome = safeText(`${what.join(' ')}${took}${why}`, 'one line');
  return [
    paint.dim(readableTime(Date.parse(attempt.startedAt))),
    delivery.endpointId,
    `attempt ${attempt.number}`,
    good ? paint.green(outcome) : paint.red(outcome),
  ].join('  ');
}

/** What became of a delivery, and what can be done about it. */
export function renderState(delivery: DeliveryView, paint: Paint): string {
  switch (delivery.state) {
    case 'succeeded':
      return paint.green('succeeded');
    case 'dead':
      return paint.red('dead letter: no attempt is left; resend it when the receiver is mended');
    case 'held':
      return paint.yellow('held: its endpoint is paused or disabled');
    case 'cancelled':
      return paint.yellow('cancelled');
    case 'pending':
      return paint.yellow('pending');
  }
}
