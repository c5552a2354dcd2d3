import { Type } from 'typebox';
import { Nullable } from './nullable.ts';

const value = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);
const text = Type.String();
const optionSpec = Type.Object(
  {
    kind: Type.Enum(['text', 'choice', 'whole', 'flag']),
    description: text,
    default: value,
    pattern: Type.Optional(text),
    maxLength: Type.Optional(Type.Integer()),
    examples: Type.Optional(Type.Array(text)),
    choices: Type.Optional(Type.Array(text)),
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
  },
  { description: 'What a value may be, and what it is when it is left out.' },
);
const environment = Type.Object({
  baseUrl: Nullable(Type.String({ examples: ['https://app.documenso.com'] }), {
    description: 'null: it has to be given, or is found with the credentials.',
  }),
  hosts: Type.Array(text, {
    description: 'Names, or `*.` before what they end with.',
    examples: [['app.documenso.com']],
  }),
  budgets: Type.Array(
    Type.Object({
      name: Type.String({ examples: ['v2'] }),
      limit: Type.Integer({ examples: [1_000] }),
      windowMs: Type.Integer({ examples: [60_000] }),
      alignment: Type.Enum(['clock', 'sliding']),
    }),
    { description: 'Published limits.' },
  ),
});

/** The profile of a provider's API as data. */
export const ApiProvider = Type.Object({
  name: Type.String({ examples: ['documenso'] }),
  title: Type.String({ examples: ['Documenso'] }),
  setup: Type.String({ description: 'How to get credentials there.' }),
  environments: Type.Object({ sandbox: environment, production: environment }),
  selfHosted: Type.Boolean({ description: 'People host it themselves: `selfHosted` takes other hosts.' }),
  credentialKinds: Type.Array(
    Type.Object({
      name: Type.String({ examples: ['bearer'] }),
      fields: Type.Array(
        Type.Object({
          name: Type.String({ examples: ['token'] }),
          description: text,
          required: Type.Boolean(),
          secret: Type.Boolean(),
          mayRefer: Type.Boolean({ description: 'May be read from a file, a variable or a command.' }),
        }),
      ),
    }),
  ),
  options: Type.Record(text, optionSpec, { examples: [{}] }),
  pollingWindowMs: Nullable(Type.Integer({ examples: [900_000] }), {
    description: 'A call that is made again within it is polling. null: the provider does not mind.',
  }),
});
