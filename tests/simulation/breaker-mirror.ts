import type { BreakerPolicy } from '../../src/delivery/breaker.rules.ts';

/** What a breaker that opened when it says it did may let through; told from outside of the lane. */
export class BreakerMirror {
  private state: 'closed' | 'open' | 'half-open' = 'closed';
  private untilMs = 0;
  private openForMs = 0;
  private readonly policy: BreakerPolicy;
  private readonly toleranceMs: number;

  constructor(policy: BreakerPolicy, toleranceMs: number) {
    this.policy = policy;
    this.toleranceMs = toleranceMs;
  }

  /** @returns what is wrong with one more exchange beside `underWay` others, or null. */
  began(nowMs: number, underWay: number): string | null {
    if (this.state === 'closed') return null;
    if (nowMs < this.untilMs - this.toleranceMs) return `sends ${this.untilMs - nowMs} ms before its breaker wakes`;
    this.state = 'half-open';
    return underWay >= this.policy.probes ? 'sends more than its probes' : null;
  }

  ended(nowMs: number, succeeded: boolean): void {
    const awake = this.state === 'half-open' || nowMs >= this.untilMs - this.toleranceMs;
    if (succeeded && awake) this.state = 'closed';
  }

  /** Its endpoint was made active: it may send a probe from now on. */
  hastened(nowMs: number): void {
    if (this.state === 'open') this.untilMs = Math.min(this.untilMs, nowMs);
  }

  opened(nowMs: number): void {
    const again = this.state === 'half-open' || (this.state === 'open' && nowMs >= this.untilMs - this.toleranceMs);
    this.openForMs = again ? Math.min(this.openForMs * 2, this.policy.openMaxMs) : this.policy.openMs;
    this.untilMs = nowMs + this.openForMs;
    this.state = 'open';
  }
}
