import type { ProblemPointer } from '../problem.ts';

/** A stored credential, as far as a plan of its list needs it. */
export type HeldCredential = { id: string; name: string; kind: string; expiresAtMs: number | null };

/** The stored one goes on, until another time when `expiryChanged`. */
export type KeptCredential = HeldCredential & { plan: 'keep'; expiryChanged: boolean };

/** A credential as far as every caller names one. An expiry is RFC 3339. */
type NamedCredential = {
  name?: string | undefined;
  kind?: string | undefined;
  expiresAt?: string | null | undefined;
};

/**
 * What becomes of a list of credentials when `given` is the whole list that is wanted: what it names without a secret is
 * kept, what it does not name goes. Decides by names, which are unique; one that is left out is the place in the list,
 * counted from 1.
 * @param input.secret where a credential has its secret, and what is said when another kind is named without one
 * @param input.make plans a new one; null when it cannot be, which it adds to the problems
 */
export function planByName<
  Given extends NamedCredential & { [field in Field]?: unknown },
  Field extends string,
  Kind extends string,
  Made extends { expiresAtMs: number | null },
>(input: {
  given: readonly Given[];
  held: readonly HeldCredential[];
  kinds: readonly Kind[];
  nowMs: number;
  secret: { field: Field; ofOtherKind: string };
  make: (
    given: Given,
    as: { pointer: string; name: string; kind: Kind; expiresAtMs: number | null },
    problems: ProblemPointer[],
  ) => Made | null;
}): { credentials: (KeptCredential | Made)[]; problems: ProblemPointer[] } {
  const { field, ofOtherKind } = input.secret;
  const heldByName = new Map(input.held.map((each) => [each.name, each]));
  const problems: ProblemPointer[] = [];
  const planned = new Map<string, KeptCredential | Made>();
  for (const [index, each] of input.given.entries()) {
    const pointer = `/credentials/${index}`;
    const name = each.name ?? String(index + 1);
    const held = heldByName.get(name);
    const expiresAtMs = typeof each.expiresAt === 'string' ? Date.parse(each.expiresAt) : null;
    if (planned.has(name)) {
      problems.push({ pointer: `${pointer}/name`, message: 'names a credential twice' });
      continue;
    }
    if (each[field] === undefined && held !== undefined) {
      if (each.kind !== undefined && each.kind !== held.kind) {
        problems.push({ pointer: `${pointer}/${field}`, message: ofOtherKind });
      }
      planned.set(name, keepCredential(held, each, expiresAtMs));
      continue;
    }
    const kind = kindAmong(input.kinds, each.kind);
    if (!kind.ok) {
      problems.push({ pointer: `${pointer}/kind`, message: kind.problem });
      continue;
    }
    const made = input.make(each, { pointer, name, kind: kind.name, expiresAtMs }, problems);
    if (made === null) continue;
    if (expiresAtMs !== null && expiresAtMs <= input.nowMs) {
      problems.push({ pointer: `${pointer}/expiresAt`, message: 'has passed already' });
    }
    planned.set(name, made);
  }
  return { credentials: [...planned.values()], problems };
}

/** Whether there is one that has not expired. */
export function holdsNow(credentials: readonly { expiresAtMs: number | null }[], nowMs: number): boolean {
  return credentials.some(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs);
}

/** What is named without a new secret stays; an expiry that is left out stays too. */
function keepCredential(
  held: HeldCredential,
  given: { expiresAt?: string | null | undefined },
  expiresAtMs: number | null,
): KeptCredential {
  const expiryChanged = given.expiresAt !== undefined && expiresAtMs !== held.expiresAtMs;
  const { id, name, kind } = held;
  return { plan: 'keep', id, name, kind, expiresAtMs: expiryChanged ? expiresAtMs : held.expiresAtMs, expiryChanged };
}

/** The kind of a credential among those that its profile has; where there is only one, it may be left out. */
function kindAmong<Kind extends string>(
  kinds: readonly Kind[],
  given: string | undefined,
): { ok: true; name: Kind } | { ok: false; problem: string } {
  const [only, ...others] = kinds;
  const list = kinds.join(', ');
  if (given === undefined) {
    if (only !== undefined && others.length === 0) return { ok: true, name: only };
    return { ok: false, problem: `is missing: it must be one of ${list}` };
  }
  const found = kinds.find((each) => each === given);
  return found === undefined ? { ok: false, problem: `must be one of ${list}` } : { ok: true, name: found };
}
