import type { Kind, Outcome } from './simulated-request.ts';
import type { Settlement } from './retry-book.rules.ts';

/** One request that was made, and what became of it. Neither a secret nor a body is in it. */
export type Exchange = {
  /** Which notification of the plan, from 0; null for what is asked before. */
  index: number | null;
  event: string;
  subject: string;
  kind: Kind;
  duplicate: boolean;
  attempt: number;
  /** When it was sent: Unix milliseconds. */
  sentAtMs: number;
  status: number | null;
  error: Outcome['error'];
  tookMs: number;
  /**
   * Genuine: acknowledged, to be sent again, or given up. Anything else: refused with 4xx, which is right; accepted with
   * 2xx, which is wrong; or neither.
   */
  verdict: Settlement | 'refused' | 'accepted' | 'neither';
};

export type SimulationReport = {
  provider: string;
  seed: string;
  /** Requests in all. */
  requests: number;
  genuine: { notifications: number; acknowledged: number; givenUp: number; duplicates: number; retries: number };
  flawed: { sent: number; refused: number; accepted: number; neither: number };
  /** Of requests that were answered. */
  latencyMs: { median: number; p99: number; longest: number } | null;
  tookMs: number;
  /** What the provider asked of the URL before; null when it asks nothing. */
  handshake: 'passed' | 'failed' | null;
  interrupted: boolean;
  /** Everything genuine was acknowledged, and everything else refused. */
  clean: boolean;
};

/** Counts as it goes; a burst's exchanges are not kept. */
export function createTally(): {
  add(exchange: Exchange): void;
  report(end: Pick<SimulationReport, 'provider' | 'seed' | 'tookMs' | 'handshake' | 'interrupted'>): SimulationReport;
} {
  const genuine = { notifications: 0, acknowledged: 0, givenUp: 0, duplicates: 0, retries: 0 };
  const flawed = { sent: 0, refused: 0, accepted: 0, neither: 0 };
  const latencies: number[] = [];
  let requests = 0;

  return {
    add({ index, kind, duplicate, attempt, verdict, status, tookMs }) {
      requests += 1;
      if (status !== null) latencies.push(tookMs);
      if (index === null) return;
      if (kind === 'genuine') {
        if (attempt === 1) genuine.notifications += 1;
        if (attempt === 1 && duplicate) genuine.duplicates += 1;
        if (attempt > 1) genuine.retries += 1;
        if (verdict === 'acknowledged') genuine.acknowledged += 1;
        if (verdict === 'given up') genuine.givenUp += 1;
        return;
      }
      flawed.sent += 1;
      if (verdict === 'refused' || verdict === 'accepted' || verdict === 'neither') flawed[verdict] += 1;
    },
    report(end) {
      const isRight = genuine.acknowledged === genuine.notifications && flawed.refused === flawed.sent;
      const clean = isRight && requests > 0 && end.handshake !== 'failed' && !end.interrupted;
      return { ...end, requests, genuine, flawed, latencyMs: latencyOf(latencies), clean };
    },
  };
}

function latencyOf(latencies: readonly number[]): SimulationReport['latencyMs'] {
  if (latencies.length === 0) return null;
  const sorted = latencies.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const rounded = (ms: number): number => Math.round(ms * 10) / 10;
  return { median: rounded(at(0.5)), p99: rounded(at(0.99)), longest: rounded(at(1)) };
}

/** What a request that is not genuine should be answered, and what was. */
export function judgeFlawed(status: number | null): 'refused' | 'accepted' | 'neither' {
  if (status !== null && status >= 400 && status < 500) return 'refused';
  return status !== null && status >= 200 && status < 300 ? 'accepted' : 'neither';
}
