import type { CallError } from './call-ledger.ts';

/** How a call stands: running, or ended well or badly, or unknown because the node that made it is gone. */
export const callOutcomes = ['running', 'succeeded', 'failed', 'unknown'] as const;
export type CallOutcome = (typeof callOutcomes)[number];

/** Statuses from `least` to `most`, both included. */
export type StatusRange = { least: number; most: number };

export type CallFilter = {
  connection?: string | undefined;
  operation?: string | undefined;
  status?: StatusRange | undefined;
  error?: CallError | undefined;
  subject?: string | undefined;
  apiKey?: string | undefined;
  environment?: string | undefined;
  polling?: string | undefined;
  outcome?: CallOutcome | undefined;
};

/** `404`, or `4xx` for a hundred of them; the shape is the schema's. */
export function readStatus(text: string): StatusRange {
  const least = Number(text.replace('xx', '00'));
  return { least, most: text.endsWith('xx') ? least + 99 : least };
}

/** Which index leads to the calls of a filter past the fewest others. */
export type CallPath = 'running' | 'polling' | 'not succeeded' | 'connection' | 'all';

/** Failed are those with an error, and a provider's status from 400 on is one. */
export function pathOf(filter: CallFilter): CallPath {
  const { outcome, error, status, polling } = filter;
  if (outcome === 'running') return 'running';
  if (polling !== undefined) return 'polling';
  const notSucceeded = outcome === 'failed' || outcome === 'unknown' || error !== undefined;
  if (notSucceeded || (status !== undefined && status.least >= 400)) return 'not succeeded';
  return filter.connection === undefined ? 'all' : 'connection';
}
