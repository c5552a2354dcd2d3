const passing: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
const permanent: ReadonlySet<number> = new Set([400, 401, 403, 404, 422]);

/**
 * GoRoute's two schemes: `{error: {code, …}}`, and codes such as `VAL_001`, whose place its documentation does not show, so
 * that `code` is looked for at the top too. Which statuses pass is what the documentation says.
 */
export function readGorouteFailure({ status, body }: { status: number; body: unknown }): {
  code: string | null;
  kind: 'retryable' | 'permanent' | null;
} {
  const { error, code } = (body ?? {}) as { error?: unknown; code?: unknown };
  const inner = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : error;
  const found = [inner, code].find((each) => typeof each === 'string' && /^[A-Z][A-Z0-9_]+$/.test(each));
  const kind = passing.has(status) ? 'retryable' : permanent.has(status) ? 'permanent' : null;
  return { code: (found as string | undefined) ?? null, kind };
}
