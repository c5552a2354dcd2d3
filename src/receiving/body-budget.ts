/** Room that was asked for. Given back, or withdrawn while it waits, by `release`. */
type Room = { /** False when it was withdrawn. */ granted: Promise<boolean>; release(): void };
type Waiting = { owner: string; bytes: number; go: (granted: boolean) => void };

/**
 * Memory for large bodies that are arriving or being stored, over all requests of a node. Who finds no room waits in
 * line, unread, and the sender's own socket holds the bytes back. One owner cannot have all of it, so that nobody's
 * slow or many senders keep others out.
 */
export class BodyBudget {
  private readonly totalBytes: number;
  private readonly ownerBytes: number;
  private usedBytes = 0;
  private readonly usedBy = new Map<string, number>();
  private waiting: Waiting[] = [];

  constructor(limits: { totalBytes: number; ownerBytes: number }) {
    this.totalBytes = limits.totalBytes;
    this.ownerBytes = limits.ownerBytes;
  }

  get used(): number {
    return this.usedBytes;
  }

  /** Who asked first gets it first, but for those whose owner has all it may have. More than a limit is given alone. */
  take(owner: string, bytes: number): Room {
    const { promise: granted, resolve: go } = Promise.withResolvers<boolean>();
    const asked: Waiting = { owner, bytes, go };
    this.waiting.push(asked);
    this.letIn();
    let isOver = false;
    const release = (): void => {
      if (isOver) return;
      isOver = true;
      const place = this.waiting.indexOf(asked);
      if (place === -1) this.give(asked);
      else {
        this.waiting.splice(place, 1);
        go(false);
      }
      this.letIn();
    };
    return { granted, release };
  }

  private give({ owner, bytes }: Waiting): void {
    this.usedBytes -= bytes;
    const left = (this.usedBy.get(owner) ?? 0) - bytes;
    if (left > 0) this.usedBy.set(owner, left);
    else this.usedBy.delete(owner);
  }

  private letIn(): void {
    if (this.waiting.length === 0) return;
    const still: Waiting[] = [];
    let isFull = false;
    for (const asked of this.waiting) {
      const { owner, bytes } = asked;
      const ofOwner = this.usedBy.get(owner) ?? 0;
      const mayHave = ofOwner === 0 || ofOwner + bytes <= this.ownerBytes;
      // Nobody gets ahead of the first that only waits for room: a large body would wait for ever.
      isFull ||= mayHave && this.usedBytes > 0 && this.usedBytes + bytes > this.totalBytes;
      if (isFull || !mayHave) {
        still.push(asked);
        continue;
      }
      this.usedBytes += bytes;
      this.usedBy.set(owner, ofOwner + bytes);
      asked.go(true);
    }
    this.waiting = still;
  }
}
