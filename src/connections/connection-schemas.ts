import { Type } from 'typebox';
import { Nullable } from './nullable.ts';
import { EffectivePolicy, PolicyChangeBody } from './policy-schema.ts';

const closed = { additionalProperties: false } as const;
const storable = '^[^\\u0000]*$';
/** Names go into lists and logs: without control characters. */
const printable = '^[^\\u0000-\\u001f\\u007f]*$';
const longestSecret = 16_384;
const time = Type.String({ format: 'date-time' });

const provider = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'The name of a provider, as `GET /v1/teams/:team/api-providers` lists them; `generic` is any API.',
  examples: ['documenso'],
});
const environment = Type.Enum(['sandbox', 'production'], {
  description: 'Where the account is. It cannot be changed: another account is another connection.',
  examples: ['sandbox'],
});
const name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: printable,
  description: 'For people to read.',
  examples: ['Contracts'],
});
const reference = Type.Object(
  {
    fromFile: Type.Optional(
      Type.String({
        maxLength: 4_096,
        pattern: '^/[^\\u0000]+$',
        description: 'The absolute path of a file, read again when it changes.',
      }),
    ),
    fromEnv: Type.Optional(
      Type.String({ maxLength: 256, pattern: '^[A-Za-z_][A-Za-z0-9_]*$', description: 'An environment variable.' }),
    ),
    fromCommand: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 4_096, pattern: storable }), {
        minItems: 1,
        maxItems: 50,
        description: 'A program and its arguments, run without a shell; what it prints.',
      }),
    ),
  },
  { ...closed, description: 'Where the value is read when it is needed. For the operator key alone.' },
);
const credential = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        pattern: printable,
        description: 'Unique in the connection. Left out, it is the place in the list: `1`, `2`…',
        examples: ['2026-12'],
      }),
    ),
    kind: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: "One of the provider's; may be left out when it has one.",
        examples: ['bearer'],
      }),
    ),
    fields: Type.Optional(
      Type.Record(
        Type.String({ maxLength: 100 }),
        Type.Union([Type.String({ maxLength: longestSecret, pattern: storable }), reference]),
        {
          maxProperties: 20,
          description: "The kind's, as `GET /v1/teams/:team/api-providers` lists them. Never shown again.",
          examples: [{ token: 'api_example' }],
        },
      ),
    ),
    expiresAt: Type.Optional(
      Nullable(Type.String({ format: 'date-time' }), {
        description: 'From then on it is not used. null: it does not expire.',
      }),
    ),
  },
  closed,
);
const credentials = Type.Array(credential, {
  minItems: 1,
  maxItems: 20,
  description: 'The first is used, and the next when the provider refuses it: a rotation has no gap.',
  examples: [[{ name: '2026-12', kind: 'bearer', fields: { token: 'api_example' } }]],
});
const optionValue = Type.Union([Type.String({ maxLength: 2_000, pattern: storable }), Type.Number(), Type.Boolean()]);
const baseUrl = Type.String({
  minLength: 1,
  maxLength: 2_048,
  pattern: storable,
  description: "In place of the provider's own, without what follows for each call.",
  examples: ['https://app.documenso.com'],
});
const status = Type.Enum(['active', 'paused'], {
  description: 'A paused connection makes no calls.',
  examples: ['active'],
});
const sources = Type.Array(Type.String({ maxLength: 100 }), {
  maxItems: 20,
  description: "Sources of the same provider that tell of this account's documents.",
  examples: [['src_01kajxkkj8ffkr1g8xs6a3ek0r']],
});
const archive = Type.Boolean({
  description: 'Fetch and keep documents when their completion is told of.',
  examples: [false],
});

const settings = {
  selfHosted: Type.Optional(
    Type.Boolean({ description: "Takes a baseUrl that is none of the provider's hosts.", examples: [false] }),
  ),
  policy: Type.Optional(PolicyChangeBody),
  sources: Type.Optional(sources),
  archive: Type.Optional(archive),
  status: Type.Optional(status),
};

export const NewConnectionBody = Type.Object(
  {
    provider,
    environment,
    name,
    credentials,
    baseUrl: Type.Optional(Nullable(baseUrl)),
    options: Type.Optional(
      Type.Record(Type.String(), optionValue, {
        description: "The provider's own options; what is left out has its default.",
        examples: [{}],
      }),
    ),
    ...settings,
  },
  closed,
);

export const ConnectionChangeBody = Type.Object(
  {
    name: Type.Optional(name),
    credentials: Type.Optional(
      Type.Array(credential, {
        ...credentials,
        description:
          'The whole list that is wanted: an entry without fields keeps the stored one of its name, what is new is used first, and what is not named is removed.',
        examples: [[{ name: '2027-01', fields: { token: 'api_example' } }, { name: '2026-12' }]],
      }),
    ),
    baseUrl: Type.Optional(Nullable(baseUrl, { description: "null takes the provider's own." })),
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

export const Connection = Type.Object({
  id: Type.String({ examples: ['con_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  url: Type.String({
    description: "What to call in place of the provider's base URL.",
    examples: ['https://posthorn.example.com/egress/con_01kajxkkj8ffkr1g8xs6a3ek0r'],
  }),
  provider,
  environment,
  name,
  status,
  baseUrl: Nullable(baseUrl, { description: 'Where calls go. null: it is found with the credentials.' }),
  selfHosted: Type.Boolean({ description: "The host is none of the provider's.", examples: [false] }),
  options: Type.Record(Type.String(), optionValue, { examples: [{}] }),
  credentials: Type.Array(
    Type.Object({
      id: Type.String({ examples: ['ccr_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
      name: Type.String({ examples: ['2026-12'] }),
      kind: Type.String({ examples: ['bearer'] }),
      createdAt: time,
      expiresAt: Nullable(time),
      expired: Type.Boolean({ examples: [false] }),
      lastUsedAt: Nullable(time),
      usesLast24Hours: Type.Integer({ description: 'Calls, a second or two behind.', examples: [1_042] }),
    }),
    { description: 'In the order in which they are used: newest first. Their fields are never shown.' },
  ),
  policy: EffectivePolicy,
  sources,
  archive,
  createdAt: time,
  updatedAt: time,
});
