import type { Random } from '../random.rules.ts';

/** What goes wrong with an answer. Milliseconds, and seconds as Retry-After has them. */
type FaultKind =
  | { kind: 'slow'; delayMs: number }
  /** The body comes in pieces, one each time. */
  | { kind: 'trickle'; everyMs: number }
  /** The connection is reset, and nothing was done. */
  | { kind: 'reset' }
  /** It was done, and the connection is reset before the answer. */
  | { kind: 'lost' }
  /** It was done, and the connection is reset in the middle of the answer's body. */
  | { kind: 'cut' }
  /** 503 with a page of HTML. */
  | { kind: 'maintenance' }
  /** The provider's own error, and nothing was done. */
  | { kind: 'status'; status: number; retryAfterSeconds: number | null };

export type Fault = FaultKind & {
  /** From 0 to 1: 1. */
  share?: number;
  /** Only the next so many. */
  times?: number;
  /** Such as `/api/v2/envelope/*`, a star for anything; all without it. */
  path?: string;
  method?: string;
};

/** What is to happen to one answer. */
export type ChosenFault = {
  delayMs: number;
  trickleMs: number | null;
  ending: Exclude<FaultKind, { kind: 'slow' | 'trickle' }> | null;
};

export type FaultBook = {
  choose(method: string, path: string): ChosenFault;
  /** Instead of those that there are. */
  replace(faults: readonly Fault[]): void;
};

/** Delays add up; of what ends an answer the first that applies counts. */
export function createFaultBook(faults: readonly Fault[], random: Random): FaultBook {
  let open = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
  return {
    choose(method, path) {
      const chosen: ChosenFault = { delayMs: 0, trickleMs: null, ending: null };
      for (const each of open) {
        const { fault } = each;
        if (each.left === 0 || !concerns(fault, method, path)) continue;
        const isEnding = fault.kind !== 'slow' && fault.kind !== 'trickle';
        if (isEnding && chosen.ending !== null) continue;
        if (fault.share !== undefined && random() >= fault.share) continue;
        each.left -= 1;
        if (fault.kind === 'slow') chosen.delayMs += fault.delayMs;
        else if (fault.kind === 'trickle') chosen.trickleMs = fault.everyMs;
        else chosen.ending = fault;
      }
      return chosen;
    },
    replace(next) {
      open = next.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
    },
  };
}

function concerns({ method, path }: Fault, asked: string, askedPath: string): boolean {
  if (method !== undefined && method !== asked) return false;
  if (path === undefined) return true;
  const pattern = path.split('*').map((text) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return new RegExp(`^${pattern.join('.*')}$`).test(askedPath);
}

const words = { reset: 'reset', lost: 'lost', cut: 'cut', maintenance: 'maintenance' } as const;

/**
 * Reads `slow=2s:10%@GET /api/v2/*`: what, then perhaps a share or `x3` for the next three, then perhaps where.
 * Null: it is none; see faultRemedy.
 */
export function parseFault(text: string): Fault | null {
  const [, what = '', value, share, times, method, path] =
    /^([a-z]+|\d{3})(?:=([\d.a-z]+))?(?::(?:(\d+(?:\.\d+)?)%|x(\d+)))?(?:@(?:([A-Z]+) )?(\/.*))?$/.exec(text) ?? [];
  const kind = parseKind(what, value);
  if (kind === null || (share !== undefined && Number(share) > 100)) return null;
  return {
    ...kind,
    ...(share === undefined ? {} : { share: Number(share) / 100 }),
    ...(times === undefined ? {} : { times: Number(times) }),
    ...(method === undefined ? {} : { method }),
    ...(path === undefined ? {} : { path }),
  };
}

export const faultRemedy =
  'write slow=2s, trickle=100ms, reset, lost, cut, maintenance or a status such as 503 or 429=5, ' +
  'then perhaps :10% or :x3, then perhaps @/path/* or "@GET /path/*"';

function parseKind(what: string, value: string | undefined): FaultKind | null {
  if (what === 'slow' || what === 'trickle') {
    const durationMs = value === undefined ? null : milliseconds(value);
    if (durationMs === null) return null;
    return what === 'slow' ? { kind: what, delayMs: durationMs } : { kind: what, everyMs: durationMs };
  }
  if (/^[45]\d\d$/.test(what)) {
    if (value !== undefined && !/^\d{1,6}$/.test(value)) return null;
    return { kind: 'status', status: Number(what), retryAfterSeconds: value === undefined ? null : Number(value) };
  }
  return value === undefined && Object.hasOwn(words, what) ? { kind: what as keyof typeof words } : null;
}

/** `200ms`, `2s`, `1.5s`, `1m`, up to an hour. */
function milliseconds(text: string): number | null {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const factor = { ms: 1, s: 1000, m: 60_000 }[unit];
  const value = factor === undefined ? Number.NaN : Number(amount) * factor;
  return value <= 3_600_000 ? value : null;
}

/** For people: what happened to an answer; null for nothing. */
export function describeFault({ delayMs, trickleMs, ending }: ChosenFault): string | null {
  const said = [
    ...(delayMs > 0 ? ['slow'] : []),
    ...(trickleMs === null ? [] : ['trickle']),
    ...(ending === null ? [] : [ending.kind === 'status' ? String(ending.status) : ending.kind]),
  ];
  return said.length === 0 ? null : said.join(', ');
}
