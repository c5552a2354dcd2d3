import { Type } from 'typebox';
import { NewConnectionBody } from '../connections/connection-schemas.ts';
import { Nullable, Text, Time } from './schema-parts.ts';
import { promotionStates } from './promotion.ts';

const closed = { additionalProperties: false } as const;
const account = NewConnectionBody.properties;
const review = Type.String({ maxLength: 100, examples: ['rev_01kajxkkj8ffkr1g8xs6a3ek0r'] });
const connection = Type.String({ maxLength: 100, examples: ['con_01kajxkkj8ffkr1g8xs6a3ek0r'] });
const options = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
  examples: [{}],
});

export const NewPromotionBody = Type.Object(
  {
    review,
    connection,
    production: Type.Object(
      {
        credentials: account.credentials,
        baseUrl: account.baseUrl,
        selfHosted: account.selfHosted,
        options: account.options,
      },
      { ...closed, description: 'Where to: as for a new connection of production.' },
    ),
    smoke: Type.Optional(
      Type.Object(
        {
          path: Type.Optional(
            Type.String({
              maxLength: 2_000,
              pattern: '^/[^\\u0000]*$',
              description: 'A GET that does no harm; left out, the one that `posthorn connections check` makes.',
              examples: ['/v2.1/accounts/0b3d4c5e-1111-4222-8333-944445555666'],
            }),
          ),
          endpoint: Type.Optional(
            Type.String({ maxLength: 100, description: 'Of the review: it gets a test event. Left out, the first.' }),
          ),
        },
        closed,
      ),
    ),
    override: Type.Optional(
      Type.Object(
        { reason: Text(1_000, { description: 'Why it is promoted all the same: it is shown ever after.' }) },
        { ...closed, description: "An owner's word against a review that is not passed, or a freeze." },
      ),
    ),
    promoter: Type.Optional(
      Type.Object(
        {
          userId: Type.String({
            minLength: 1,
            maxLength: 100,
            pattern: '^[\\w.@+-]+$',
            examples: ['0b3d4c5e-1111-4222-8333-944445555666'],
          }),
          at: Type.Optional(Type.String({ format: 'date-time' })),
        },
        { ...closed, description: "The provider's user who promoted the key there, and when; left out: now." },
      ),
    ),
  },
  closed,
);

const Account = Type.Object({
  environment: Type.Optional(Type.Enum(['sandbox', 'production'])),
  baseUrl: Nullable(Type.String()),
  options,
});

export const PromotionSchema = Type.Object({
  id: Type.String({ examples: ['prm_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  review,
  connection,
  state: Type.Enum([...promotionStates]),
  target: Type.Object({
    baseUrl: Nullable(Type.String()),
    options,
    credentials: Type.Array(Type.String(), { description: 'Names; values are never shown.' }),
  }),
  former: Account,
  smoke: Type.Object({ path: Nullable(Type.String()), endpoint: Nullable(Type.String()) }),
  verdict: Type.Object(
    {
      passed: Type.Boolean(),
      because: Type.Array(Type.String()),
      evidenceHash: Type.String(),
      failed: Type.Array(Type.String()),
    },
    { description: 'The review, as it stood when it was decided.' },
  ),
  override: Nullable(
    Type.Object({ reason: Type.String(), by: Type.String(), at: Time(), freeze: Nullable(Type.String()) }),
  ),
  requestedBy: Type.String({ description: '`operator`, or the id of a member or of an API key.' }),
  promoter: Nullable(Type.Object({ userId: Type.String(), at: Time() })),
  steps: Type.Array(
    Type.Object({
      name: Type.String({ examples: ['switched'] }),
      at: Time(),
      outcome: Type.Enum(['succeeded', 'failed', 'skipped']),
      seen: Type.String(),
    }),
    { description: 'Oldest first.' },
  ),
  because: Nullable(Type.String(), { description: 'Why it was rolled back, or failed.' }),
  createdAt: Time(),
  switchedAt: Nullable(Time()),
  endedAt: Nullable(Time()),
});

export const RollBackBody = Type.Object(
  { reason: Text(1_000, { description: 'Why.', examples: ['Documents are refused.'] }) },
  closed,
);

const FreezeWindow = Type.Object(
  {
    from: Type.String({ format: 'date-time' }),
    until: Type.String({ format: 'date-time' }),
    reason: Text(500, { examples: ['End of the quarter'] }),
  },
  closed,
);
export const FreezeWindows = Type.Object({ windows: Type.Array(FreezeWindow, { maxItems: 100 }) }, closed);
