/**
 * Memory for large bodies that are arriving or being stored, over all requests of a node. Who finds no room waits in
 * line, unread, and the sender's own socket holds the bytes back.
 */
export class BodyBudget {
  private readonly totalBytes: number;
  private usedBytes = 0;
  private readonly waiting: { bytes: number; go: () => void }[] = [];

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
  }

  get used(): number {
    return this.usedBytes;
  }

  /** Resolves with how to give the room back, in the order of asking. More than the whole is given to one alone. */
  async take(bytes: number): Promise<() => void> {
    await new Promise<void>((resolve) => {
      this.waiting.push({ bytes, go: resolve });
      this.letIn();
    });
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.usedBytes -= bytes;
      this.letIn();
    };
  }

  private letIn(): void {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (this.usedBytes > 0 && this.usedBytes + next.bytes > this.totalBytes) return;
      this.waiting.shift();
      this.usedBytes += next.bytes;
      next.go();
    }
  }
}
