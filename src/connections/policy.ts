/** What a connection does to calls. Every part has its default; see policyDefaults. Milliseconds and bytes. */
export type Policy = {
  timeouts: {
    /** From the request's last byte, or its being sent, to the first byte of the answer. */
    firstByteMs: number;
    /** Without a byte in either direction. */
    idleMs: number;
    /** For everything: waiting, retries and the answer's body. */
    totalMs: number;
  };
  retries: {
    /** Tries beyond the first. */
    most: number;
    baseMs: number;
    mostMs: number;
    /** A request body up to this is kept so that it can be sent again; a larger one streams and is sent once. */
    bufferBytes: number;
  };
  /** Calls under way at once, how many may wait for a turn, and for how long. */
  concurrency: { most: number; waiting: number; waitMs: number };
  /** `limits` replace the provider's published ones of the same name. `waitMs`: how long a call may wait for budget. */
  budget: { limits: { name: string; limit: number; windowMs: number }[]; waitMs: number };
  /** Opens when `failureRatio` of at least `minimumCalls` in the window failed; probes after `openMs`. */
  breaker: { failureRatio: number; minimumCalls: number; windowMs: number; openMs: number };
  /** `windowMs` null takes the provider's. */
  polling: { mode: 'off' | 'observe' | 'serve' | 'refuse'; windowMs: number | null };
  /** Answers for completed, immutable documents. `maxBytes` of this connection; 0 keeps none. */
  cache: { maxBytes: number; maxAgeSeconds: number };
  /** Bodies in the call ledger: none, or masked and cut. */
  ledger: { bodies: 'none' | 'masked'; maxBytes: number };
};

export const policyDefaults: Policy = {
  timeouts: { firstByteMs: 30_000, idleMs: 60_000, totalMs: 300_000 },
  retries: { most: 2, baseMs: 300, mostMs: 20_000, bufferBytes: 1_048_576 },
  concurrency: { most: 64, waiting: 256, waitMs: 5_000 },
  budget: { limits: [], waitMs: 2_000 },
  breaker: { failureRatio: 0.5, minimumCalls: 10, windowMs: 30_000, openMs: 15_000 },
  polling: { mode: 'observe', windowMs: null },
  cache: { maxBytes: 67_108_864, maxAgeSeconds: 86_400 },
  ledger: { bodies: 'none', maxBytes: 16_384 },
};
