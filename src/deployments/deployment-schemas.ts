import { type TSchema, Type } from 'typebox';
import { productionEnvironment } from './provider-lines.rules.ts';

// Without U+0000, which PostgreSQL cannot store.
const Text = (maxLength: number, options: { description?: string; examples?: string[] } = {}) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$', ...options });
const Time = (description?: string) =>
  Type.String({ format: 'date-time', ...(description === undefined ? {} : { description }) });
const Nullable = <Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) =>
  Type.Union([schema, Type.Null()], options);

const closed = { additionalProperties: false } as const;
const Release = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._+:@/-]{0,199}$',
  description: 'As the pipeline names it, at verification and deployment alike: a version, a tag, a digest.',
  examples: ['4.2.0'],
});
const Environment = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,39}$',
  description: 'Where the release is deployed.',
  examples: [productionEnvironment],
});
const NewEnvironment = Type.Optional(Type.String({ ...Environment, default: productionEnvironment }));
const ConnectionId = Type.String({ maxLength: 100, examples: ['con_01kajxkkj8ffkr1g8xs6a3ek0r'] });
const RecordedBy = Type.String({ description: '`operator`, or the id of a member or of an API key.' });

const Line = Type.Object(
  {
    name: Text(200, { description: 'What was looked at: a check, or a word of the line.', examples: ['API answers'] }),
    subject: Nullable(Text(100), { description: 'The id of what it is about.' }),
    state: Type.Enum(['OK', 'FAIL', 'SKIP']),
    detail: Nullable(Type.String({ maxLength: 300, pattern: '^[^\\u0000]*$' }), { description: 'What was seen.' }),
  },
  closed,
);
const run = {
  exitCode: Type.Integer({ minimum: 0, maximum: 255, description: 'Of the command: 0 when all may be deployed.' }),
  tookMs: Type.Integer({ minimum: 0, maximum: 3_600_000 }),
  lines: Type.Array(Line, { maxItems: 500, description: 'What was printed; what looks like a secret is masked.' }),
};
const LinesLeftOut = Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Printed beyond those.' });

export const NewDeploymentBody = Type.Object(
  {
    release: Release,
    environment: NewEnvironment,
    startedAt: Type.Optional(Time('When it began, at most a day ago; left out, it begins now.')),
    connection: Type.Optional(
      Type.String({ ...ConnectionId, description: 'It concerns this one alone; left out, all that the team has.' }),
    ),
  },
  closed,
);

export const DeploymentSchema = Type.Object({
  id: Type.String({ examples: ['dpl_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  release: Release,
  environment: Environment,
  connection: Nullable(ConnectionId, { description: 'null: all that the team has.' }),
  startedAt: Time(),
  recordedBy: RecordedBy,
  recordedAt: Time(),
});

export const NewVerificationBody = Type.Object(
  {
    release: Release,
    environment: NewEnvironment,
    ...run,
    linesLeftOut: Type.Optional(Type.Integer({ ...LinesLeftOut, default: 0 })),
  },
  closed,
);

export const VerificationSchema = Type.Object({
  id: Type.String({ examples: ['vfy_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  release: Release,
  environment: Environment,
  ...run,
  linesLeftOut: LinesLeftOut,
  recordedBy: RecordedBy,
  recordedAt: Time('When it ended, by the clock of Posthorn.'),
});

/** What a list may be narrowed to. */
export const deploymentFilter = { release: Type.Optional(Release), environment: Type.Optional(Environment) };
