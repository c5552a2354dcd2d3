/**
 * True when a statement was refused for its data and would be again, however often it is tried: SQLSTATE classes 21
 * (cardinality), 22 (data exception) and 23 (integrity). A refused login, a missing table or a server that is read-only
 * is none of them: that passes, and nothing is to be given up for it.
 * Source: PostgreSQL documentation, appendix A.
 */
export function isDataError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^2[1-3][0-9A-Z]{3}$/.test(String(error.code));
}
