/** A verb that cannot go on: what happened and how to mend it. Exit code 1 is a failure, 2 a wrong command line. */
export class CliFailure extends Error {
  readonly what: string;
  readonly remedy: string;
  readonly exitCode: 1 | 2;

  constructor(what: string, remedy: string, exitCode: 1 | 2 = 1) {
    super(`${what}; ${remedy}`);
    this.name = 'CliFailure';
    this.what = what;
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

/** PostgreSQL refuses a login for good: no waiting helps, and its own words name no setting. */
const loginRemedies: Readonly<Record<string, string>> = {
  '28P01': 'mend user and password in DATABASE_URL',
  '28000': 'let this user in by pg_hba.conf of the server',
  '3D000': 'make the database (createdb), or mend its name in DATABASE_URL',
};

/** What a person can read of any thrown thing, in one line. `remedy` is null where the error names none. */
export function describeError(error: unknown): { what: string; remedy: string | null } {
  if (error instanceof CliFailure) return { what: error.what, remedy: error.remedy };
  if (!(error instanceof Error)) return { what: String(error), remedy: null };
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(error.errors[0]);
  const remedy =
    'remedy' in error && typeof error.remedy === 'string'
      ? error.remedy
      : 'code' in error
        ? (loginRemedies[String(error.code)] ?? null)
        : null;
  const message = (error.message || error.name).replaceAll(/\s*[\r\n]+\s*/g, ' ');
  // EmbeddedDatabaseError ends its message with its remedy.
  const what = remedy !== null && message.endsWith(`: ${remedy}`) ? message.slice(0, -remedy.length - 2) : message;
  return { what, remedy };
}
