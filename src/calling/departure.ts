/**
 * Whether the caller has left, or this node stops: nobody is to be answered then. What an AbortController is for, but
 * every call has one, most hear nothing of it, and that is dear.
 */
export class Departure {
  #hasLeft = false;
  #listener: (() => void) | null = null;
  #controller: AbortController | null = null;

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** For those that know nothing else. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#hasLeft) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** Who hears of it: one at a time, the last that said so; null for nobody. */
  listen(listener: (() => void) | null): void {
    this.#listener = listener;
  }

  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#controller?.abort();
    this.#listener?.();
  }
}
