/** What came of sending one event: a status, or why there is none. */
export type Forwarded = {
  status: number | null;
  /** Short: `refused`, `timeout`. */
  error: string | null;
  /** In words, or the beginning of an answer that is no success. */
  detail: string | null;
  durationMs: number;
};

/** Any 2xx, as for a delivery. */
export function isSuccess({ status }: Pick<Forwarded, 'status'>): boolean {
  return status !== null && status >= 200 && status < 300;
}
