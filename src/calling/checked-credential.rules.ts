import type { ProblemCode } from '../problem.ts';

/** What came of one harmless read with one credential. */
export type CheckedRead =
  | { kind: 'expired' }
  | { kind: 'answered'; status: number }
  /** Posthorn, or the network, ended it. */
  | { kind: 'ended'; code: ProblemCode; detail: string };

/** Whether the credential works, null where that was not seen; and in words what is wrong and how to mend it. */
export function judgeRead(title: string, path: string, read: CheckedRead): { works: boolean | null; says: string } {
  switch (read.kind) {
    case 'expired':
      return { works: false, says: 'It has expired: nothing is called with it. Add a new one, or remove it.' };
    case 'ended':
      return { works: read.code === 'credential_failed' ? false : null, says: read.detail };
    case 'answered':
      return judgeStatus(title, path, read.status);
  }
}

function judgeStatus(title: string, path: string, status: number): { works: boolean | null; says: string } {
  const seen = `${title} answered ${status}`;
  if (status < 300) return { works: true, says: `${seen}.` };
  if (status === 401) {
    const says = `${seen}: it does not know this credential. Enter one that is valid, of this environment.`;
    return { works: false, says };
  }
  if (status === 403) {
    const says = `${seen}: it knows this credential, which may not read ${path}. Give it the right there.`;
    return { works: false, says };
  }
  if (status < 400)
    return { works: null, says: `${seen}: a redirect, which is not followed. Enter the baseUrl it leads to.` };
  if (status === 429) return { works: null, says: `${seen}: too many calls. Check again later.` };
  if (status >= 500) return { works: null, says: `${seen}: it failed itself. Check again later.` };
  return {
    works: null,
    says: `${seen} for ${path}: look whether the baseUrl and the options of the connection are right.`,
  };
}
