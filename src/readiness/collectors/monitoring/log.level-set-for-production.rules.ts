import type { Finding } from '../../finding.ts';
import { failed, notApplicable, passed } from '../../finding.rules.ts';

export type LogLevel = { environment: 'development' | 'production'; level: string };

const quiet: ReadonlySet<string> = new Set(['info', 'warn', 'error', 'fatal', 'silent']);

/** Info or stricter. The level is set at the start and never raised while the process runs. */
export function judgeLogLevel({ environment, level }: LogLevel): Finding {
  if (environment !== 'production') return notApplicable('This gateway does not run in production.');
  if (quiet.has(level)) return passed(`The level is ${level}.`, { level });
  return failed(`The level is ${level}.`, { level }, 'POSTHORN_LOG_LEVEL=info posthorn up');
}
