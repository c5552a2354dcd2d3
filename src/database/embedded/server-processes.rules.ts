/** What is known of a process; `cwd` is undefined where the system does not tell. */
export type ProcessView = { cwd: string | undefined; argv: string[] };

/**
 * Whether a process is a PostgreSQL program at work on `folder` or below it. A server and its workers stand in their
 * cluster folder; workers rewrite their argv (`postgres: checkpointer`), so only the server itself still names it.
 */
export function worksOn(folder: string, view: ProcessView): boolean {
  const program = view.argv[0] ?? '';
  if (!/(^|\/)(postgres|initdb)(:|$)/.test(program)) return false;
  if (view.cwd !== undefined && isWithin(folder, view.cwd)) return true;
  return view.argv.some((argument) => isWithin(folder, argument.replace(/^--\w+=/, '')));
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** The server's pid from postmaster.pid, whose first line it is (negative for a single-user server). */
export function postmasterPid(text: string): number | undefined {
  const pid = Math.abs(Number.parseInt(text, 10));
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}
