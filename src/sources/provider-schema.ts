import { Type } from 'typebox';
import { coverage, Nullable, optionValue, providerName } from './source-schemas.ts';

const described = { description: Type.String() };
const optionSpec = Type.Object(
  {
    kind: Type.Union([Type.Literal('text'), Type.Literal('choice'), Type.Literal('whole'), Type.Literal('flag')]),
    ...described,
    default: optionValue,
    pattern: Type.Optional(Type.String()),
    maxLength: Type.Optional(Type.Integer()),
    examples: Type.Optional(Type.Array(Type.String())),
    choices: Type.Optional(Type.Array(Type.String())),
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
  },
  { description: 'What a value may be, and what it is when it is left out.' },
);

/** A provider profile as data. */
export const Provider = Type.Object({
  name: providerName,
  title: Type.String({ examples: ['Documenso'] }),
  setup: Type.String({ description: 'How to set it up at the provider.' }),
  credentialKinds: Type.Array(
    Type.Object({
      name: Type.String({ examples: ['secret'] }),
      title: Type.String(),
      ...described,
      canBeGenerated: Type.Boolean({ description: 'Posthorn makes a value up when it is left out.' }),
      coverage,
    }),
  ),
  options: Type.Record(Type.String(), optionSpec, { examples: [{}] }),
  coverages: Type.Array(coverage, { description: 'All that its requests may prove, whatever the options.' }),
  contentTypes: Nullable(Type.Array(Type.String()), 'Media types that it sends. null: any.'),
  eventTypes: Type.Array(Type.Object({ name: Type.String(), ...described }), {
    description: 'As far as they are known; registered for the team with its first source.',
  }),
});
