import { type Logger, pino } from 'pino';

export type Log = Logger;

/**
 * The process's log: one JSON object a line on standard output. Objects are written through allow-lists, so that what
 * nobody thought of (a header, a body, a secret, a person's data) is left out instead of let through.
 */
export function createLog(options: { level: string; destination?: { write(line: string): void } }): Log {
  const settings = {
    level: options.level,
    base: { service: 'posthorn' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError, error: describeError, req: () => undefined, res: () => undefined },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/** An error's name, code and message: never its properties (a database error's detail quotes row values). */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: 'not an error object' };
  const cause = error.cause instanceof Error ? { cause: describeError(error.cause) } : {};
  return {
    name: error.name,
    ...('code' in error ? { code: String(error.code) } : {}),
    message: error.message.slice(0, 500),
    stack: error.stack?.split('\n').slice(1, 6).join('\n'),
    ...cause,
  };
}
