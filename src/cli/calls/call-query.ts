import { CliFailure } from '../failure.ts';
import { readSince } from '../listen/since.rules.ts';
import type { CommonFlags } from '../sources/open-team.ts';

/** What every verb under `calls` but `show` takes. */
export type WindowFlags = CommonFlags & { connection?: string; since?: string; until?: string };

export type FilterFlags = WindowFlags & {
  operation?: string;
  status?: string;
  error?: string;
  subject?: string;
  apiKey?: string;
  environment?: string;
  polling?: string;
  outcome?: string;
};

/** The query of the API that the flags say. @throws CliFailure */
export function windowQuery(flags: WindowFlags): URLSearchParams {
  const query = new URLSearchParams();
  if (flags.connection !== undefined) query.set('connection', flags.connection);
  for (const name of ['since', 'until'] as const) {
    const text = flags[name];
    if (text === undefined) continue;
    const time = readSince(text, Date.now());
    if (time === null) {
      throw new CliFailure(`--${name} ${text} is no time`, 'write 10m, 2h, 7d or 2026-01-31T12:00:00Z', 2);
    }
    query.set(name, time);
  }
  return query;
}

const filters = ['operation', 'status', 'error', 'subject', 'apiKey', 'environment', 'polling', 'outcome'] as const;

/** @throws CliFailure */
export function filterQuery(flags: FilterFlags): URLSearchParams {
  const query = windowQuery(flags);
  for (const name of filters) {
    const value = flags[name];
    if (value !== undefined) query.set(name, value);
  }
  return query;
}

/** Whether the flags choose by what is known at a call's end alone. */
export function choosesByEnd(flags: FilterFlags): boolean {
  return [flags.status, flags.error, flags.polling, flags.outcome].some((value) => value !== undefined);
}
