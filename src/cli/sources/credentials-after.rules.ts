/** As the API takes it: without a value the stored one of the name is kept. */
export type CredentialEntry = { name: string; value?: string; kind?: string; expiresAt?: string | null };

type Wanted = { ok: true; credentials: CredentialEntry[] } | { ok: false; problem: string; remedy: string };

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The whole list of credentials that is wanted, from the names there are and what is to change.
 * @param input.expire pairs of a name and `now`, `never`, a duration such as `12h`, or an RFC 3339 time.
 */
export function credentialsAfter(input: {
  names: readonly string[];
  add: { name: string; value: string | undefined; kind: string | undefined } | null;
  remove: readonly string[];
  expire: readonly (readonly [string, string])[];
  nowMs: number;
}): Wanted {
  const { add, remove, nowMs } = input;
  const there = `there ${input.names.length === 1 ? 'is' : 'are'}: ${input.names.join(', ')}`;
  for (const name of [...remove, ...input.expire.map(([each]) => each)]) {
    if (!input.names.includes(name)) return { ok: false, problem: `there is no credential ${name}`, remedy: there };
  }
  const entries = new Map<string, CredentialEntry>();
  for (const name of input.names) if (!remove.includes(name)) entries.set(name, { name });
  for (const [name, when] of input.expire) {
    const expiresAt = expiryOf(when, nowMs);
    if (expiresAt === undefined) {
      const remedy = 'write now, never, 12h, 7d or 2027-01-31T12:00:00Z';
      return { ok: false, problem: `--expire ${name}=${when} is no time`, remedy };
    }
    const entry = entries.get(name);
    if (entry !== undefined) entry.expiresAt = expiresAt;
  }
  if (add !== null) {
    const { name, value, kind } = add;
    if (value === undefined && entries.has(name)) {
      return {
        ok: false,
        problem: `there is a credential ${name} already`,
        remedy: 'give its new secret, or another name',
      };
    }
    entries.set(name, { name, ...(value === undefined ? {} : { value }), ...(kind === undefined ? {} : { kind }) });
  }
  if (entries.size === 0) {
    const remedy = 'add another by the same command, or pause or delete what it is for';
    return { ok: false, problem: 'that removes the last credential: one has to stay', remedy };
  }
  return { ok: true, credentials: [...entries.values()] };
}

/** The time that `now`, `never`, a duration or a time stands for. Undefined when it is none; null for never. */
export function expiryOf(when: string, nowMs: number): string | null | undefined {
  if (when === 'never') return null;
  // A minute ago, so that it has passed by the clock of the server too.
  if (when === 'now') return new Date(nowMs - 60_000).toISOString();
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(when) ?? [];
  if (count !== undefined && unit !== undefined) {
    return new Date(nowMs + Number(count) * (unitsMs[unit] ?? 0)).toISOString();
  }
  const atMs = /^\d{4}-\d\d-\d\dT/.test(when) ? Date.parse(when) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : new Date(atMs).toISOString();
}
