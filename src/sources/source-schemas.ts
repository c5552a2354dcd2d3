import { type TSchema, Type } from 'typebox';

export function Nullable<Schema extends TSchema>(schema: Schema, description?: string) {
  return Type.Union([schema, Type.Null()], description === undefined ? {} : { description });
}

const closed = { additionalProperties: false } as const;
const storable = '^[^\\u0000]*$';
/** Names go into lists and events: without control characters. */
const printable = '^[^\\u0000-\\u001f\\u007f]*$';

export const providerName = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'The name of a provider profile, as `GET /v1/teams/:team/providers` lists them.',
  examples: ['documenso'],
});
const name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: printable,
  description: 'For people to read.',
  examples: ['Contracts'],
});
const credential = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        pattern: printable,
        description: 'Unique in the source. Left out, it is the place in the list: `1`, `2`…',
        examples: ['1'],
      }),
    ),
    kind: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: "One of the profile's; may be left out when it has one.",
        examples: ['secret'],
      }),
    ),
    value: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 16_384,
        pattern: storable,
        description:
          'Never shown again. Where users make up their own it may be left out: Posthorn makes one and shows it once.',
        examples: ['correct horse battery staple'],
      }),
    ),
    expiresAt: Type.Optional(
      Nullable(Type.String({ format: 'date-time' }), 'From then on it verifies nothing. null: it does not expire.'),
    ),
  },
  closed,
);
const credentials = Type.Array(credential, {
  minItems: 1,
  maxItems: 20,
  description: 'Any of them verifies a request, so several at once make a rotation without a gap.',
  examples: [[{ name: '1', value: 'correct horse battery staple' }]],
});
export const optionValue = Type.Union([
  Type.String({ maxLength: 2000, pattern: storable }),
  Type.Number(),
  Type.Boolean(),
]);
const status = Type.Union([Type.Literal('active'), Type.Literal('paused')], {
  description: 'A paused source takes nothing.',
  examples: ['active'],
});
const allowAddresses = Nullable(
  Type.Array(Type.String({ minLength: 2, maxLength: 100 }), {
    minItems: 1,
    maxItems: 200,
    uniqueItems: true,
    examples: [['203.0.113.0/24']],
  }),
  'Addresses and networks (CIDR) that may send. null takes requests from anywhere.',
);
const rateLimit = Nullable(
  Type.Object(
    { perSecond: Type.Number({ minimum: 0.01, maximum: 100_000 }) },
    { ...closed, examples: [{ perSecond: 50 }] },
  ),
  'At most so many requests a second; more are rejected. null is no limit.',
);
const bodyMaxBytes = Type.Integer({
  minimum: 1_000,
  maximum: 33_554_432,
  description: 'A larger body is rejected.',
  examples: [33_554_432],
});
const dedupeWindowSeconds = Type.Integer({
  minimum: 60,
  maximum: 365 * 86_400,
  description: 'How long a notification is remembered, to tell that it came again.',
  examples: [2_592_000],
});
const acceptUncovered = Type.Boolean({
  description: 'Needed where a provider signs some fields and not the body.',
  examples: [false],
});

const settings = {
  status: Type.Optional(status),
  allowAddresses: Type.Optional(allowAddresses),
  rateLimit: Type.Optional(rateLimit),
  bodyMaxBytes: Type.Optional(bodyMaxBytes),
  dedupeWindowSeconds: Type.Optional(dedupeWindowSeconds),
  acceptUncovered: Type.Optional(acceptUncovered),
};

export const NewSourceBody = Type.Object(
  {
    provider: providerName,
    name,
    credentials,
    options: Type.Optional(
      Type.Record(Type.String(), optionValue, {
        description: "The profile's own options; what is left out has its default.",
        examples: [{}],
      }),
    ),
    ...settings,
  },
  closed,
);

export const SourceChangeBody = Type.Object(
  {
    name: Type.Optional(name),
    credentials: Type.Optional(
      Type.Array(credential, {
        ...credentials,
        description:
          'The whole list that is wanted: an entry without a value keeps the stored one of its name, and what is not named is removed.',
        examples: [
          [
            { name: '1', expiresAt: '2027-01-01T00:00:00Z' },
            { name: '2', value: 'a new secret' },
          ],
        ],
      }),
    ),
    options: Type.Optional(
      Type.Record(Type.String(), Nullable(optionValue), {
        description: 'What is not named stays; null sets an option to its default.',
        examples: [{}],
      }),
    ),
    ...settings,
  },
  closed,
);

const time = Type.String({ format: 'date-time' });
export const coverage = Type.Union([Type.Literal('body'), Type.Literal('sender'), Type.Literal('fields')], {
  description:
    'What a verified request proves. `body`: a signature over every byte. `sender`: a shared secret came along. `fields`: a signature over some fields; the rest may be forged.',
  examples: ['sender'],
});
const fields = {
  id: Type.String({ examples: ['src_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  url: Type.String({
    description: 'What to enter at the provider.',
    examples: ['https://posthorn.example.com/in/src_01kajxkkj8ffkr1g8xs6a3ek0r'],
  }),
  provider: providerName,
  name,
  status,
  options: Type.Record(Type.String(), optionValue, { examples: [{}] }),
  coverage: Nullable(coverage),
  acceptUncovered,
  credentials: Type.Array(
    Type.Object({
      name: Type.String({ examples: ['1'] }),
      kind: Type.String({ examples: ['secret'] }),
      createdAt: time,
      expiresAt: Nullable(time),
      expired: Type.Boolean({ examples: [false] }),
    }),
    { description: 'Oldest first. Their values are never shown.' },
  ),
  allowAddresses,
  rateLimit: Nullable(Type.Object({ perSecond: Type.Number() })),
  bodyMaxBytes,
  dedupeWindowSeconds,
  activity: Type.Object(
    {
      received: Type.Integer({ description: 'Notifications that became events.', examples: [1042] }),
      duplicates: Type.Integer({ description: 'Notifications that had come before.', examples: [3] }),
      rejected: Type.Integer({ examples: [1] }),
      lastReceivedAt: Nullable(time),
      lastDuplicateAt: Nullable(time),
      lastRejected: Nullable(
        Type.Object({
          at: time,
          reason: Type.String({ examples: ['signature_mismatch'] }),
          detail: Type.String({ examples: ['No credential is the secret in x-documenso-secret.'] }),
        }),
      ),
    },
    { description: 'A second or two behind.' },
  ),
  createdAt: time,
  updatedAt: time,
};

export const Source = Type.Object(fields);
export const SourceMaybeGenerated = Type.Object({
  ...fields,
  generated: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String({ examples: ['1'] }),
        kind: Type.String({ examples: ['secret'] }),
        value: Type.String({ examples: ['Q0x5b1lqU2R1bGx5UmFuZG9tU2VjcmV0VmFsdWVzMTI'] }),
      }),
      { description: 'Values that Posthorn made up, to be entered at the provider. Shown this once.' },
    ),
  ),
});

export const Rejection = Type.Object({
  minute: Type.String({ format: 'date-time', description: 'The minute in which they came.' }),
  reason: Type.String({ examples: ['signature_mismatch'] }),
  meaning: Type.String({ examples: ['No credential of the source makes this signature'] }),
  count: Type.Integer({ description: 'How many, in this minute and for this reason.', examples: [3] }),
  lastAt: time,
  lastDetail: Type.String({ examples: ['No credential is the secret in x-documenso-secret.'] }),
  lastAddress: Nullable(Type.String({ examples: ['203.0.113.7'] })),
  lastSizeBytes: Nullable(Type.Integer({ examples: [2048] })),
});

export const Arrival = Type.Object({
  at: time,
  origin: Type.Enum(['outside', 'inside', 'loopback'], {
    description: 'From the public internet, from a private or special network, or from the machine itself.',
  }),
  network: Nullable(
    Type.String({ examples: ['203.0.113.0/24'] }),
    'Of the sender, when it is outside; its address is not kept.',
  ),
  host: Type.String({ description: 'The name by which it came.', examples: ['posthorn.example.com'] }),
  byPublicName: Type.Boolean({ description: 'It is the name that the URL of the source has.' }),
  eventId: Nullable(Type.String({ examples: ['evt_01kajxkkj8ffkr1g8xs6a3ek0r'] }), 'null: it was spooled.'),
});
