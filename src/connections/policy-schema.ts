import { type TInteger, type TSchema, Type } from 'typebox';
import { Nullable } from './nullable.ts';
import { policyDefaults } from './policy.ts';

const closed = { additionalProperties: false } as const;
const dayMs = 86_400_000;

function whole(minimum: number, maximum: number, description: string, example: number): TInteger {
  return Type.Integer({ minimum, maximum, description, examples: [example] });
}

const { timeouts, retries, concurrency, budget, breaker, cache, ledger } = policyDefaults;

const limit = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, examples: ['calls'] }),
    limit: whole(1, 1_000_000_000, 'Calls in a window.', 1_000),
    windowMs: whole(1_000, 31 * dayMs, 'How long a window is.', 60_000),
  },
  closed,
);

/** The values of every part, with their bounds. */
const parts = {
  timeouts: {
    firstByteMs: whole(100, 600_000, 'For the first byte of an answer.', timeouts.firstByteMs),
    idleMs: whole(100, 600_000, 'Without a byte in either direction.', timeouts.idleMs),
    totalMs: whole(100, 3_600_000, 'For everything: waiting, retries and the body.', timeouts.totalMs),
  },
  retries: {
    most: whole(0, 10, 'Tries beyond the first.', retries.most),
    baseMs: whole(10, 60_000, 'The wait before the first retry, which doubles from then on.', retries.baseMs),
    mostMs: whole(10, 300_000, 'The longest wait.', retries.mostMs),
    bufferBytes: whole(0, 33_554_432, 'A larger body is sent once.', retries.bufferBytes),
  },
  concurrency: {
    most: whole(1, 1_000, 'Calls under way at once.', concurrency.most),
    waiting: whole(0, 10_000, 'Calls that may wait for a turn.', concurrency.waiting),
    waitMs: whole(0, 300_000, 'How long they wait.', concurrency.waitMs),
  },
  budget: {
    limits: Type.Array(limit, {
      maxItems: 20,
      description: "In place of the provider's of the same name; `calls` is the connection's own.",
      examples: [[{ name: 'calls', limit: 1_000, windowMs: 60_000 }]],
    }),
    waitMs: whole(0, 300_000, 'How long a call may wait for budget.', budget.waitMs),
  },
  breaker: {
    failureRatio: Type.Number({ minimum: 0.01, maximum: 1, examples: [breaker.failureRatio] }),
    minimumCalls: whole(1, 100_000, 'Fewer calls say nothing.', breaker.minimumCalls),
    windowMs: whole(1_000, 3_600_000, 'Over which it is measured.', breaker.windowMs),
    openMs: whole(100, 3_600_000, 'Until a call probes.', breaker.openMs),
  },
  polling: {
    mode: Type.Enum(['off', 'observe', 'serve', 'refuse'], { examples: ['observe'] }),
    windowMs: whole(1_000, dayMs, "In place of the provider's; null takes that.", 900_000),
  },
  cache: {
    maxBytes: whole(0, 1_073_741_824, 'Of this connection; 0 keeps none.', cache.maxBytes),
    maxAgeSeconds: whole(1, 31_536_000, 'How long an answer is kept.', cache.maxAgeSeconds),
  },
  ledger: {
    bodies: Type.Enum(['none', 'masked'], { examples: [ledger.bodies] }),
    maxBytes: whole(1, 262_144, 'Of each body.', ledger.maxBytes),
  },
} as const;

type Part = keyof typeof parts;

/** Every value of a part may be left out, and null gives it its default again. */
function change<Name extends Part>(name: Name) {
  const values = Object.entries(parts[name] as Record<string, TSchema>);
  const optional = Object.fromEntries(values.map(([value, schema]) => [value, Type.Optional(Nullable(schema))]));
  return Type.Optional(Nullable(Type.Object(optional, closed)));
}

function shown<Name extends Part>(name: Name) {
  return Type.Object(parts[name]);
}

/** What a connection does to its calls, as a caller sets it: any part of it. */
export const PolicyChangeBody = Type.Object(
  {
    timeouts: change('timeouts'),
    retries: change('retries'),
    concurrency: change('concurrency'),
    budget: change('budget'),
    breaker: change('breaker'),
    polling: change('polling'),
    cache: change('cache'),
    ledger: change('ledger'),
  },
  {
    ...closed,
    description: 'Any part: what is not named stays, null gives a value or a part its default.',
    examples: [{ timeouts: { firstByteMs: 10_000 }, retries: { most: 1 } }],
  },
);

/** All of it, the defaults included. */
export const EffectivePolicy = Type.Object(
  {
    timeouts: shown('timeouts'),
    retries: shown('retries'),
    concurrency: shown('concurrency'),
    budget: shown('budget'),
    breaker: shown('breaker'),
    polling: Type.Object({ mode: parts.polling.mode, windowMs: Nullable(parts.polling.windowMs) }),
    cache: shown('cache'),
    ledger: shown('ledger'),
  },
  { description: 'What applies to calls, the defaults included.', examples: [policyDefaults] },
);
