import { compileFilter } from '../../filtering/filter.rules.ts';
import { CliFailure } from '../failure.ts';
import { readSince } from './since.rules.ts';

/** A URL to forward to. @throws CliFailure */
export function readForwardUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  const meant = `http://${text.replace(/^\w*:\/\//, '')}`;
  const remedy = URL.canParse(meant) ? `write ${meant}` : 'write http://localhost:3000/hook';
  throw new CliFailure(`--forward ${text} is not an http or https URL`, remedy, 2);
}

/** What `--filter` says, as a function of payloads. @throws CliFailure */
export function readFilter(text: string): (payload: unknown) => boolean {
  let filter: unknown;
  try {
    filter = JSON.parse(text);
  } catch (error) {
    throw new CliFailure(
      `--filter is not JSON (${(error as Error).message})`,
      `write --filter '{"status": "paid"}'`,
      2,
    );
  }
  const compiled = compileFilter(filter);
  if (compiled.ok) return (payload) => compiled.matches(payload);
  const problems = compiled.problems
    .map(({ pointer, message }) => `${pointer} ${message}`.trim())
    .join(' ')
    .replace(/\.$/, '');
  throw new CliFailure(`--filter is no filter: ${problems}`, 'docs/filters.md has the operators', 2);
}

/** What `--since` says, as RFC 3339. @throws CliFailure */
export function sinceOf(text: string): string {
  const since = readSince(text, Date.now());
  if (since !== null) return since;
  throw new CliFailure(`--since ${text} is no time`, 'write 10m, 2h, 7d or 2026-01-31T12:00:00Z', 2);
}
