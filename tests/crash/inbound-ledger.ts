import { createHash } from 'node:crypto';
import { nameOf, type Notification } from './inbound-requests.ts';

/** A notification and what became of its requests. */
export type Posted = {
  notification: Notification;
  /** Requests, answered or not. */
  sent: number;
  firstSentAtMs: number;
  /** The last in which it was sent. */
  round: number;
  acknowledged: boolean;
  /** Hashes of every body that was sent for it. */
  bodies: Set<string>;
};

/** What was posted to sources, and what is known of it for certain. */
export class InboundLedger {
  /** By name; see nameOf. */
  readonly posted = new Map<string, Posted>();
  /** Answers that must not be: told once, and each is a failure of the round. */
  readonly wrongs: string[] = [];
  readonly figures = { requests: 0, first: 0, repeated: 0, unanswered: 0, longestMs: 0, inSpoolAtKills: 0 };

  sending(notification: Notification, body: string, round: number): Posted {
    const name = nameOf(notification);
    const posted = this.posted.get(name) ?? {
      notification,
      sent: 0,
      firstSentAtMs: Date.now(),
      round,
      acknowledged: false,
      bodies: new Set<string>(),
    };
    this.posted.set(name, posted);
    posted.sent += 1;
    posted.round = round;
    posted.bodies.add(hashOf(body));
    this.figures.requests += 1;
    return posted;
  }

  answered(posted: Posted, answer: { status: number; text: string; tookMs: number }): void {
    const { status, text, tookMs } = answer;
    this.figures.longestMs = Math.max(this.figures.longestMs, tookMs);
    if (status < 200 || status > 299) {
      this.wrongs.push(`${nameOf(posted.notification)} was answered ${status}: ${text.slice(0, 300)}`);
      return;
    }
    this.figures[posted.acknowledged ? 'repeated' : 'first'] += 1;
    posted.acknowledged = true;
  }
}

export function hashOf(body: string | Buffer): string {
  return createHash('sha256').update(body).digest('base64');
}
