/** What the process that makes load is told on its standard input, as one line of JSON. */
export type LoadPlan = {
  gateway: string;
  /** Where events are posted, and with which key. */
  events: { path: string; key: string; type: string; perSecond: number };
  /** Where webhooks of Documenso are sent, and with which secret. */
  webhooks: { path: string; secret: string; perSecond: number };
  /** Calls through a connection that leads to this process. */
  calls: { path: string; key: string; perSecond: number };
  /** How often everything that is accepted is to arrive. */
  copies: number;
  lastsMs: number;
  /** For what is still under way afterwards. */
  drainMs: number;
};

export type LoadKind = 'events' | 'webhooks' | 'calls';

/** Of one tenth of the time. */
export type LoadSlice = { acceptP95Ms: number; attemptP95Ms: number };

/** What it answers on its standard output, as the last line of JSON; the first is `{"port"}` of its receiver. */
export type LoadResult = {
  sent: number;
  /** Answered otherwise than 2xx, or not at all. */
  failed: number;
  accepted: number;
  /** Accepted, times the copies of each; and how many of them never came. */
  expected: number;
  missing: number;
  /** From the end of the load until the last of them came; null: some never did. */
  drainedAfterMs: number | null;
  acceptP50Ms: number;
  acceptP95Ms: number;
  acceptP99Ms: number;
  /** From the answer that accepted it to its first attempt. */
  attemptP50Ms: number;
  attemptP95Ms: number;
  attemptP99Ms: number;
  /** How late this process was itself: p95 of a request to its own receiver, past what that one waits. */
  ownP95Ms: number;
  slices: LoadSlice[];
};
