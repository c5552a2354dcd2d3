import type { EventDraft } from '../events/event-draft.ts';

type Spooled = {
  /** Duplicates that were answered meanwhile. */
  repeats: number;
  /** An earlier accept of this very request may have been committed: that it is a duplicate then tells nothing. */
  doubtful: boolean;
  /** Resolves when it is on disk. */
  kept: Promise<void>;
};

/** What this process put in the spool, by dedupe key: a duplicate of it is recognised without the database. */
export class SpooledKeys {
  private readonly keys = new Map<string, Spooled>();
  private readonly most: number;

  /** Beyond `most` a duplicate is spooled too, and recognised when it is stored. */
  constructor(most: number) {
    this.most = most;
  }

  find(draft: EventDraft): Spooled | undefined {
    return this.keys.get(nameOf(draft));
  }

  add(draft: EventDraft, kept: Promise<void>, doubtful: boolean): void {
    if (this.keys.size < this.most) this.keys.set(nameOf(draft), { repeats: 0, doubtful, kept });
  }

  remove(draft: EventDraft): void {
    this.keys.delete(nameOf(draft));
  }

  doubt(draft: EventDraft): void {
    const spooled = this.keys.get(nameOf(draft));
    if (spooled !== undefined) spooled.doubtful = true;
  }

  /** The draft is stored and forgotten here. @returns how many duplicates there were, itself counted if it was one. */
  stored(draft: EventDraft, wasDuplicate: boolean): number {
    const name = nameOf(draft);
    const spooled = this.keys.get(name);
    this.keys.delete(name);
    if (spooled === undefined) return 0;
    return spooled.repeats + (wasDuplicate && !spooled.doubtful ? 1 : 0);
  }

  clear(): void {
    this.keys.clear();
  }
}

function nameOf({ origin, idempotencyKey }: EventDraft): string {
  return `${origin?.sourceId} ${idempotencyKey}`;
}
