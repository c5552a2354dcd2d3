import { execFileSync } from 'node:child_process';

/** Asks git about the project. @throws when git says no */
export function git(root: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** Whether the commit is on the line, here or as the remote has it. */
export function isOnLine(root: string, line: string, commit: string): boolean {
  return [line, `origin/${line}`].some((name) => {
    try {
      git(root, 'merge-base', '--is-ancestor', commit, name);
      return true;
    } catch {
      return false;
    }
  });
}

/** What would be built is what the commit holds. */
export function isTreeClean(root: string): boolean {
  return git(root, 'status', '--porcelain', '--', 'src', 'readiness', 'package.json', 'package-lock.json') === '';
}
