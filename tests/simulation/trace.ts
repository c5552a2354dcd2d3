/** What happened in a run, as a hash of all of it and, when asked, as lines. */
export class Trace {
  readonly lines: string[] = [];
  private hash = 0x811c9dc5;
  private readonly now: () => number;
  private readonly keepLines: boolean;
  private readonly startMs: number;

  constructor(now: () => number, keepLines: boolean) {
    this.now = now;
    this.keepLines = keepLines;
    this.startMs = now();
  }

  add(line: string): void {
    const text = `${(this.now() - this.startMs).toFixed(3)} ${line}`;
    let { hash } = this;
    for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
    this.hash = hash;
    if (this.keepLines) this.lines.push(text);
  }

  get digest(): string {
    return (this.hash >>> 0).toString(16).padStart(8, '0');
  }
}
