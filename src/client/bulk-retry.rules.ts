/** How often and when an item is tried again. */
export type BulkRetry = {
  /** Tries beyond the first; 4 unless given. */
  most?: number;
  /** The wait doubles from here, with jitter; 500 unless given. */
  baseMs?: number;
  /** The longest wait. Asked to wait longer, the item fails instead. 300,000 unless given. */
  mostMs?: number;
  /**
   * Which errors an item is tried again after. Unless given, those that are `retryable` and `mayRepeat`: after others the
   * request may have been done. Where `work` looks first whether it was, it may be every one that is `retryable`.
   */
  when?: (error: unknown) => boolean;
};

export type BulkVerdict =
  | { retry: false }
  /** `pauses`: the answer asked to wait, which concerns all the others too. */
  | { retry: true; waitMs: number; pauses: boolean };

/** What PosthornError and ProviderError tell of themselves. */
type Telling = { retryable: boolean; mayRepeat: boolean; permanent?: boolean; retryAfterMs: number | null };

/**
 * @param failed `tries`: how many were made; `random`: a number in [0, 1)
 * @returns a wait that is never earlier than the answer asked for
 */
export function decideBulkRetry(
  { error, tries, random }: { error: unknown; tries: number; random: number },
  { most = 4, baseMs = 500, mostMs = 300_000, when = passesAndIsSafe }: BulkRetry,
): BulkVerdict {
  if (tries > most || !when(error)) return { retry: false };
  const askedMs = tells(error) ? error.retryAfterMs : null;
  if (askedMs !== null && askedMs > mostMs) return { retry: false };
  const fullMs = Math.min(mostMs, baseMs * 2 ** Math.min(tries - 1, 30));
  // Never less than half, so that those who failed together do not return together.
  const waitMs = Math.ceil(Math.max(fullMs * (0.5 + random / 2), askedMs ?? 0));
  return { retry: true, waitMs, pauses: askedMs !== null };
}

/** Whether another try of the same must fail too. What is not told, such as a mistake in the work, is taken to stay. */
export function isPermanent(error: unknown): boolean {
  return tells(error) ? (error.permanent ?? !error.retryable) : true;
}

function passesAndIsSafe(error: unknown): boolean {
  return tells(error) && error.retryable && error.mayRepeat;
}

function tells(error: unknown): error is Telling {
  const { retryable, mayRepeat } = (error ?? {}) as Partial<Telling>;
  return typeof retryable === 'boolean' && typeof mayRepeat === 'boolean';
}
