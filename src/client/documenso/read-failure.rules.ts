type Fields = Readonly<Record<string, unknown>>;

/**
 * Documenso's shapes: v1 `{message}`; v2 `{message, code, data: {code, appError: {code}}}`; downloads `{error, code?}`;
 * the limit per address `{error}`. Its monthly quotas answer 429 without a Retry-After: those do not pass by asking.
 */
export function readDocumensoFailure({
  status,
  body,
  retryAfterMs,
}: {
  status: number;
  body: unknown;
  retryAfterMs: number | null;
}): { code: string | null; kind: 'permanent' | null } {
  const { code, data } = fields(body);
  const { code: dataCode, appError } = fields(data);
  const found = [fields(appError)['code'], dataCode, code].find((each) => typeof each === 'string');
  const isQuota = status === 429 && retryAfterMs === null;
  return { code: found ?? null, kind: isQuota ? 'permanent' : null };
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
