import type { Finding } from '../../readiness/finding.ts';
import { counted, failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

export type LogFacts = {
  /** Marks that were sent down each path. */
  marks: number;
  /** Ways in which they were sent, and what that was answered; null when nothing came. */
  paths: readonly { path: string; status: number | null }[];
  /** Marks that were found, by what they stand for, their spelling and where. */
  found: readonly { name: string; called: string; where: string }[];
  /** Lines of the log, and those of them about these requests. */
  logLines: number;
  linesAboutRequests: number;
  metricLines: number;
};

const fewestPaths = 20;

/** None of the marks is in a log at its most talkative, or in a metric. */
export function judgeLogs({ marks, paths, found, logLines, linesAboutRequests, metricLines }: LogFacts): Finding {
  const values = { marks, paths: paths.length, logLines, metricLines, found: found.length };
  if (found.length > 0) {
    const seen = [...new Set(found.map(({ name, called, where }) => `the ${name} (${called}) in ${where}`))];
    return failed(`Found: ${listed(seen)}.`, values, 'src/telemetry/log.ts');
  }
  if (paths.length < fewestPaths || linesAboutRequests === 0 || metricLines === 0) {
    return unknown(`There was too little to look at: ${counted(linesAboutRequests, 'line')} about requests.`, values);
  }
  const where = `${counted(logLines, 'line')} of the log at its most talkative, or the metrics`;
  return passed(`${marks} marks were sent down ${paths.length} paths; none is in ${where}.`, values);
}
