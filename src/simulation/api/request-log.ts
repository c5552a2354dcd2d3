/** A request that was served, without anything of what it carried. */
export type RecordedRequest = {
  method: string;
  /** With its query. */
  path: string;
  /** In lower case, in their order. */
  headerNames: readonly string[];
  /** Null: the connection was broken before an answer, or by the caller. */
  status: number | null;
  /** The fault that was put to it. */
  fault: string | null;
  tookMs: number;
  at: string;
};

/** The newest so many are kept. */
const mostKept = 10_000;

export function createRequestLog(listener: ((request: RecordedRequest) => void) | null) {
  const kept: RecordedRequest[] = [];
  return {
    add(request: RecordedRequest): void {
      kept.push(request);
      if (kept.length > mostKept) kept.shift();
      listener?.(request);
    },
    all: (): readonly RecordedRequest[] => [...kept],
  };
}
