import { type TSchema, Type } from 'typebox';
import { subscriptionPattern } from './subscription.rules.ts';

function Nullable<Schema extends TSchema>(schema: Schema, description?: string) {
  return Type.Union([schema, Type.Null()], description === undefined ? {} : { description });
}

const closed = { additionalProperties: false } as const;
const mostAttempts = 50;
const longestDelaySeconds = 30 * 24 * 3600;

const url = Type.String({ minLength: 1, maxLength: 2048, examples: ['https://example.com/webhooks'] });
const description = Nullable(Type.String({ maxLength: 2000, pattern: '^[^\\u0000]*$' }));
const eventTypes = Type.Array(Type.String({ pattern: subscriptionPattern }), {
  minItems: 1,
  maxItems: 1000,
  description:
    'Names, `invoice.*` for a family, or `*` for all but the `posthorn.` types, which have to be named. They need not be registered yet.',
  examples: [['invoice.paid']],
});
const sources = Nullable(
  Type.Array(Type.String({ pattern: '^src_[0-7][0-9a-hjkmnp-tv-z]{25}$' }), { minItems: 1, maxItems: 200 }),
  'Only events that came in through these sources. null takes them from everywhere, events of the API too.',
);
const signing = Type.Union(
  [
    Type.Object({ scheme: Type.Literal('standard-webhooks') }, closed),
    Type.Object({ scheme: Type.Literal('standard-webhooks-ed25519') }, closed),
    Type.Object(
      { scheme: Type.Literal('hmac-sha256-hex'), header: Type.String(), prefix: Type.Optional(Type.String()) },
      closed,
    ),
    Type.Object({ scheme: Type.Literal('shared-secret-header'), header: Type.String() }, closed),
  ],
  { description: 'How requests prove where they come from.', examples: [{ scheme: 'standard-webhooks' }] },
);
const scheduleSeconds = Type.Array(Type.Integer({ minimum: 1, maximum: longestDelaySeconds }), {
  maxItems: mostAttempts,
  description: 'The wait before each retry. After the last one the delivery is dead.',
  examples: [[60, 300, 1800, 7200]],
});
const timeoutMs = Type.Integer({
  minimum: 1_000,
  maximum: 300_000,
  description: 'For a whole exchange.',
  examples: [30_000],
});
const rateLimit = Nullable(
  Type.Object(
    { perSecond: Type.Number({ minimum: 0.01, maximum: 100_000 }) },
    { ...closed, examples: [{ perSecond: 50 }] },
  ),
  'At most so many attempts a second. null is no limit.',
);
const concurrency = Type.Integer({
  minimum: 1,
  maximum: 1000,
  description: 'Attempts in flight at once.',
  examples: [8],
});
const ordering = Type.Union([Type.Literal('none'), Type.Literal('key')], {
  description: '`key`: events of one ordering key arrive one after another.',
  examples: ['none'],
});
const inlineMaxBytes = Type.Integer({
  minimum: 0,
  maximum: 33_554_432,
  description: 'A larger body is replaced by a reference: JSON with a signed URL to fetch it from.',
  examples: [33_554_432],
});
const referenceSeconds = Type.Integer({
  minimum: 60,
  maximum: longestDelaySeconds,
  description: 'How long the URL of a reference is good.',
  examples: [86_400],
});
const filter = Type.Unknown({
  description: "Which payloads: a subset of MongoDB's query language. null takes all.",
  examples: [{ amount: { $gte: 100 } }],
});
const pem = Type.String({ minLength: 1, maxLength: 65_536 });
const disableAfterSeconds = Type.Integer({
  minimum: 60,
  maximum: 365 * 24 * 3600,
  description: 'After so long with nothing but failures the endpoint is disabled and its events are held.',
  examples: [432_000],
});
const status = Type.Union([Type.Literal('active'), Type.Literal('paused'), Type.Literal('disabled')], {
  description: 'Events for a paused or disabled endpoint are held, and sent when it is active again.',
  examples: ['active'],
});
const secretExample = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';
const secret = Type.String({
  minLength: 1,
  maxLength: 512,
  description: 'Made when it is left out.',
  examples: [secretExample],
});

const settings = {
  description: Type.Optional(description),
  sources: Type.Optional(sources),
  signing: Type.Optional(signing),
  retry: Type.Optional(
    Type.Object({ scheduleSeconds: Type.Optional(scheduleSeconds), timeoutMs: Type.Optional(timeoutMs) }, closed),
  ),
  rateLimit: Type.Optional(rateLimit),
  concurrency: Type.Optional(concurrency),
  ordering: Type.Optional(ordering),
  largeBodies: Type.Optional(
    Type.Object(
      { inlineMaxBytes: Type.Optional(inlineMaxBytes), referenceSeconds: Type.Optional(referenceSeconds) },
      closed,
    ),
  ),
  filter: Type.Optional(filter),
  clientTls: Type.Optional(
    Nullable(
      Type.Object({ certPem: pem, keyPem: pem, caPem: Type.Optional(Nullable(pem)) }, closed),
      'A client certificate (mTLS), and an authority to trust for this endpoint.',
    ),
  ),
  disableAfterSeconds: Type.Optional(disableAfterSeconds),
  status: Type.Optional(status),
  secret: Type.Optional(secret),
};

export const NewEndpointBody = Type.Object(
  {
    url,
    eventTypes,
    ...settings,
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'Sent with every request; never shown again.',
        examples: [{ 'x-tenant': 'acme' }],
      }),
    ),
  },
  closed,
);

export const EndpointChangeBody = Type.Object(
  {
    url: Type.Optional(url),
    eventTypes: Type.Optional(eventTypes),
    ...settings,
    headers: Type.Optional(
      Nullable(
        Type.Record(Type.String(), Nullable(Type.String())),
        'A value sets a header, null removes it, `***` keeps it, and what is not named stays.',
      ),
    ),
    secret: Type.Optional(Type.String({ ...secret, description: 'Replaces all secrets at once; see also rotation.' })),
  },
  closed,
);

export const RotateSecretBody = Type.Object(
  {
    secret: Type.Optional(secret),
    overlapSeconds: Type.Integer({
      minimum: 0,
      maximum: longestDelaySeconds,
      default: 86_400,
      description: 'How long the secrets before it sign along; 0 ends them at once.',
      examples: [86_400],
    }),
  },
  closed,
);

const time = Type.String({ format: 'date-time' });
const fields = {
  id: Type.String({ examples: ['ep_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  url,
  description,
  eventTypes,
  sources,
  signing: Type.Object(
    {
      scheme: Type.String({ examples: ['standard-webhooks'] }),
      header: Type.Optional(Type.String()),
      prefix: Type.Optional(Type.String()),
      publicKeys: Type.Optional(Type.Array(Type.String(), { description: 'For receivers to verify Ed25519 with.' })),
    },
    { examples: [{ scheme: 'standard-webhooks' }] },
  ),
  secrets: Type.Array(Type.Object({ id: Type.String(), createdAt: time, expiresAt: Nullable(time) }), {
    description: 'Those that sign now, newest first. Their values are shown only when they are made.',
  }),
  retry: Type.Object({ scheduleSeconds, timeoutMs }),
  rateLimit: Nullable(Type.Object({ perSecond: Type.Number() })),
  concurrency,
  ordering,
  largeBodies: Type.Object({ inlineMaxBytes, referenceSeconds }),
  filter,
  headers: Type.Record(Type.String(), Type.String(), {
    description: 'Names; every value is `***`.',
    examples: [{ 'x-tenant': '***' }],
  }),
  clientTls: Nullable(Type.Object({ certPem: Type.String(), keyPem: Type.String(), caPem: Nullable(Type.String()) })),
  disableAfterSeconds,
  status,
  statusReason: Nullable(Type.String()),
  health: Type.Object({ failingSince: Nullable(time), lastSuccessAt: Nullable(time), lastFailureAt: Nullable(time) }),
  createdAt: time,
  updatedAt: time,
};

export const Endpoint = Type.Object(fields);
export const EndpointWithSecret = Type.Object({
  ...fields,
  secret: Type.String({ description: 'Shown this once.', examples: [secretExample] }),
});
export const EndpointMaybeSecret = Type.Object({
  ...fields,
  secret: Type.Optional(Type.String({ description: 'When the change made a new one; shown this once.' })),
});
