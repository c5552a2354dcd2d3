/** Who is answered, piece by piece: `head` once, then `data`, then one of `end` and `break`. */
export type AnswerSink = {
  /** Flat, names in lower case. Throws when HTTP cannot carry it. */
  head(status: number, headers: string[]): void;
  /** False: it is full, until the listener's `drained`. `mayFree`: nobody else holds the chunk. */
  data(chunk: Buffer, mayFree: boolean): boolean;
  /** `trailers` are flat. */
  end(trailers: readonly string[]): void;
  /** What was begun cannot be completed, and must not look as if it were. */
  break(): void;
  /** Hears at once when the caller has gone already. */
  listen(listener: AnswerListener): void;
};

export type AnswerListener = {
  drained(): void;
  /** The caller left before the end. */
  gone(): void;
};
