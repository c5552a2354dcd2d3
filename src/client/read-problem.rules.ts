/** Posthorn's own answer when it ended a call (RFC 9457). */
export type PosthornProblem = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  instance?: string;
  errors?: { pointer: string; message: string }[];
};

/** Whether a Content-Type is that of a problem; providers may answer with it too. */
export function isProblemType(contentType: string | null): boolean {
  return /^\s*application\/problem\+json\s*(?:;|$)/i.test(contentType ?? '');
}

/** The problem that a body is, if it is one of Posthorn's: its `type` names its page of problems and its code. */
export function readProblem(text: string): PosthornProblem | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const problem = (value ?? {}) as Partial<PosthornProblem>;
  const { type, code, status } = problem;
  if (typeof code !== 'string' || typeof type !== 'string' || typeof status !== 'number') return null;
  if (!type.endsWith(`/docs/problems#${code}`)) return null;
  return { ...problem, type, code, status, title: textOf(problem.title), detail: textOf(problem.detail) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
