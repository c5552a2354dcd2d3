/**
 * Start time of a process in clock ticks since boot, from /proc/<pid>/stat (proc_pid_stat(5), fields 3 and 22).
 * Undefined for a zombie, which is dead but for its entry. The name in parentheses may itself hold parentheses.
 */
export function startTicks(statLine: string): string | undefined {
  const [state, ...rest] = statLine
    .slice(statLine.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  if (state === undefined || state === 'Z' || state === 'X') return undefined;
  return rest[18];
}
