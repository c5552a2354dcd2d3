import { Type } from 'typebox';
import { phases } from '../../readiness/phases.rules.ts';

const Text = (maxLength: number, examples?: string[]) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '^[^\\u0000]*$',
    ...(examples === undefined ? {} : { examples }),
  });
const OneOf = <Word extends string>(words: readonly Word[]) => Type.Unsafe<Word>({ type: 'string', enum: [...words] });
const closed = { additionalProperties: false } as const;

/** Of a check or a checklist in a path; whether there is one is found out. */
export const Id = Text(100, ['team.status-page-answers']);

const HttpProbe = Type.Object(
  {
    kind: Type.Literal('http-probe'),
    url: Type.String({ maxLength: 2048, examples: ['https://status.example.com/api'] }),
    expect: Type.Object(
      {
        status: Type.Optional(Type.Integer({ minimum: 200, maximum: 599, description: 'Left out: any 2xx.' })),
        contains: Type.Optional(Text(1_000)),
        json: Type.Optional(
          Type.Object(
            {
              pointer: Type.String({ maxLength: 500, description: 'RFC 6901.', examples: ['/status'] }),
              equals: Type.Union([Type.String({ maxLength: 1_000 }), Type.Number(), Type.Boolean(), Type.Null()]),
            },
            closed,
          ),
        ),
      },
      closed,
    ),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 10_000, description: '5,000 unless given.' })),
  },
  closed,
);
const Measure = Type.Union([
  HttpProbe,
  Type.Object(
    {
      kind: Type.Literal('expression'),
      rule: Type.Unknown({
        description: 'Of `all`, `any`, `not`, and comparisons of what other checks found: see docs/reviews.md.',
        examples: [{ all: [{ check: 'delivery.attempts-capped', state: 'passed' }] }],
      }),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('attestation'), needsReview: Type.Optional(Type.Boolean()) }, closed),
]);

const checkFields = {
  title: Text(200, ['The status page answers']),
  section: Text(50, ['monitoring']),
  severity: OneOf(['blocker', 'major', 'minor'] as const),
  evidence: Text(1_000),
  remedy: Text(500),
  ttlHours: Type.Integer({ minimum: 1, maximum: 8_784, description: 'After so long a result is stale.' }),
  measure: Measure,
};
const checkId = Type.String({
  maxLength: 100,
  pattern: String.raw`^team(\.[a-z0-9][a-z0-9-]*)+$`,
  description: 'Begins with `team.`.',
  examples: ['team.status-page-answers'],
});
const version = Type.Integer({ minimum: 1, description: 'Raised by every change.' });
const stored = {
  version,
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
};

export const CheckBody = Type.Object({ id: checkId, ...checkFields }, closed);
export const CheckChange = Type.Object({ version, ...checkFields }, closed);
export const CheckView = Type.Object({ id: Type.String(), ...checkFields, ...stored });

const checklistFields = {
  title: Text(200),
  signoffs: Type.Array(OneOf(['engineering', 'security', 'operations', 'product', 'quality'] as const), {
    maxItems: 5,
    uniqueItems: true,
    description: 'Duties that have to sign.',
  }),
  items: Type.Array(
    Type.Object(
      {
        ref: Type.String({ maxLength: 20, pattern: String.raw`^\d+(\.\d+)*$`, examples: ['1.1'] }),
        says: Text(500),
        phase: OneOf(phases),
        checks: Type.Array(Text(200), { minItems: 1, maxItems: 50 }),
      },
      closed,
    ),
    { minItems: 1, maxItems: 300 },
  ),
};
const checklistId = Type.String({
  maxLength: 100,
  pattern: '^team-[a-z0-9][a-z0-9-]*$',
  description: 'Begins with `team-`.',
  examples: ['team-our-own'],
});

export const ChecklistBody = Type.Object({ id: checklistId, ...checklistFields }, closed);
export const ChecklistChange = Type.Object({ version, ...checklistFields }, closed);
export const ChecklistView = Type.Object({ id: Type.String(), ...checklistFields, ...stored });
