/** An event that was acknowledged with 202. */
export type Acknowledged = {
  eventId: string;
  teamId: string;
  type: string;
  deliveries: number;
  round: number;
  idempotencyKey: string | null;
};

/** A post under an idempotency key, whose answer may not have come: it is sent again, word for word, until one does. */
export type KeyedPost = { teamId: string; key: string; body: object; eventId: string | null };

/** What the harness knows for certain, and what it must hold Posthorn to. */
export class Ledger {
  readonly acknowledged = new Map<string, Acknowledged>();
  readonly keyed = new Map<string, KeyedPost>();
  /** Answers that must not be: told once, and each is a failure of the round. */
  readonly wrongs: string[] = [];
  private readonly answeredAsNew = new Set<string>();
  posts = 0;
  /** 202 by kind; a batch counts once for each of its events. */
  answers = { single: 0, batch: 0, duplicate: 0 };
  unanswered = 0;
  /** 503 with Retry-After, by problem code: refused, as it should be while the database is away. */
  readonly refusals = new Map<string, number>();

  acknowledge(given: Acknowledged & { duplicate: boolean }, kind: 'single' | 'batch'): void {
    const { duplicate, ...entry } = given;
    this.answers[duplicate ? 'duplicate' : kind] += 1;
    if (entry.idempotencyKey !== null) this.checkKey(entry.teamId, entry.idempotencyKey, entry.eventId);
    // Of two posts at once the second may be answered first.
    if (!duplicate && this.answeredAsNew.has(entry.eventId)) this.wrongs.push(`${entry.eventId} was new twice`);
    if (!duplicate) this.answeredAsNew.add(entry.eventId);
    if (!this.acknowledged.has(entry.eventId)) this.acknowledged.set(entry.eventId, entry);
  }

  refuse(detail: string): void {
    this.refusals.set(detail, (this.refusals.get(detail) ?? 0) + 1);
  }

  unresolvedKeys(): KeyedPost[] {
    return [...this.keyed.values()].filter((post) => post.eventId === null);
  }

  private checkKey(teamId: string, key: string, eventId: string): void {
    const post = this.keyed.get(`${teamId} ${key}`);
    if (post === undefined) this.wrongs.push(`the key ${key} was never sent`);
    else if (post.eventId === null) post.eventId = eventId;
    else if (post.eventId !== eventId) this.wrongs.push(`the key ${key} means ${post.eventId} and ${eventId}`);
  }
}
