/** Room for one body in memory; all of it is given back, or withdrawn while it waits, by `release`. */
type Room = {
  /** More of it, in the order of asking. False when it was released meanwhile. One call at a time. */
  grow(bytes: number): Promise<boolean>;
  release(): void;
};
type Held = { owner: string; bytes: number };
type Waiting = { held: Held; bytes: number; go: (granted: boolean) => void };

/**
 * Memory for large bodies that are under way on a node. Who finds no room waits in line: a sender's own socket holds
 * back what comes meanwhile. One owner cannot have all of it, so that nobody's slow or many bodies keep others out.
 *
 * A body of unknown length asks for more as it comes. So that those who hold some cannot wait for each other for ever,
 * one of them at a time, the last one, may have all it asks for beyond the bounds: it ends and gives room to others.
 */
export class BodyBudget {
  private readonly totalBytes: number;
  private readonly ownerBytes: number;
  private usedBytes = 0;
  private readonly usedBy = new Map<string, number>();
  private waiting: Waiting[] = [];
  private last: Held | null = null;

  constructor(limits: { totalBytes: number; ownerBytes: number }) {
    this.totalBytes = limits.totalBytes;
    this.ownerBytes = limits.ownerBytes;
  }

  get used(): number {
    return this.usedBytes;
  }

  /** Room without any bytes yet. */
  open(owner: string): Room {
    const held: Held = { owner, bytes: 0 };
    let isOver = false;
    return {
      grow: (bytes) => {
        if (isOver) return Promise.resolve(false);
        const { promise, resolve: go } = Promise.withResolvers<boolean>();
        this.waiting.push({ held, bytes, go });
        this.letIn();
        return promise;
      },
      release: () => {
        if (isOver) return;
        isOver = true;
        for (const asked of this.waiting) if (asked.held === held) asked.go(false);
        this.waiting = this.waiting.filter((asked) => asked.held !== held);
        if (this.last === held) this.last = null;
        this.add(held, -held.bytes);
        this.letIn();
      },
    };
  }

  private add(held: Held, bytes: number): void {
    held.bytes += bytes;
    this.usedBytes += bytes;
    const ofOwner = (this.usedBy.get(held.owner) ?? 0) + bytes;
    if (ofOwner > 0) this.usedBy.set(held.owner, ofOwner);
    else this.usedBy.delete(held.owner);
  }

  private letIn(): void {
    if (this.waiting.length === 0) return;
    // Who holds some comes first: others' room depends on it.
    const growing = this.waiting.filter(({ held }) => held.bytes > 0);
    const coming = this.waiting.filter(({ held }) => held.bytes === 0);
    const still = growing.filter((asked) => {
      const fits = this.ownerHasRoom(asked) && this.usedBytes + asked.bytes <= this.totalBytes;
      if (!fits) this.last ??= asked.held;
      return !this.grantIf(fits || this.last === asked.held, asked);
    });
    let isFull = false;
    for (const asked of coming) {
      const mayHave = this.ownerHasRoom(asked);
      // Nobody gets ahead of the first that only waits for room: a large body would wait for ever.
      isFull ||= mayHave && this.usedBytes > 0 && this.usedBytes + asked.bytes > this.totalBytes;
      if (!this.grantIf(mayHave && !isFull, asked)) still.push(asked);
    }
    this.waiting = still;
  }

  /** More than there is is given to one alone. */
  private ownerHasRoom({ held, bytes }: Waiting): boolean {
    const ofOwner = this.usedBy.get(held.owner) ?? 0;
    return ofOwner === 0 || ofOwner + bytes <= this.ownerBytes;
  }

  private grantIf(condition: boolean, { held, bytes, go }: Waiting): boolean {
    if (!condition) return false;
    this.add(held, bytes);
    go(true);
    return true;
  }
}
