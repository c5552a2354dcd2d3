import { type Static, type TSchema, Type } from 'typebox';
import { docusignFeatures } from './docusign-features.rules.ts';

// Without U+0000, which PostgreSQL cannot store.
const Text = (maxLength: number, options: { description?: string; examples?: string[] } = {}) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$', ...options });
const Nullable = <Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) =>
  Type.Union([schema, Type.Null()], options);

const closed = { additionalProperties: false } as const;
const idOf = (prefixes: string) => `^(${prefixes})_[0-7][0-9a-hjkmnp-tv-z]{25}$`;
const Source = Type.String({ pattern: idOf('src'), examples: ['src_01kajxkkj8ffkr1g8xs6a3ek0r'] });
const Connection = Type.String({ pattern: idOf('con'), examples: ['con_01kajxkkj8ffkr1g8xs6a3ek0r'] });
const Day = Type.String({ format: 'date', examples: ['2026-11-01'] });
const EventType = Text(200, { examples: ['DOCUMENT_COMPLETED'] });
const Country = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2.', examples: ['NO'] });
const PerSecond = Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000, examples: [20] });
const Url = Type.String({ minLength: 8, maxLength: 2048, examples: ['https://hooks.example.com/in/src_01kaj'] });
const List = <Item extends TSchema>(item: Item, maxItems: number, description?: string) =>
  Type.Array(item, { maxItems, ...(description === undefined ? {} : { description }) });

const identifier = {
  scheme: Type.String({
    pattern: '^([0-9]{4}|VAT)$',
    description: 'Of the code list of electronic addresses (EAS), such as 0088 for a GLN; or VAT.',
    examples: ['0088'],
  }),
  value: Type.String({ minLength: 1, maxLength: 50, pattern: '^[A-Za-z0-9:._-]+$', examples: ['7300010000001'] }),
};
const Proof = Type.Optional(Text(500, { description: 'Where it is shown: a register, a document.' }));

const traffic = Type.Object(
  {
    eventsPerSecond: Type.Optional(PerSecond),
    inboundPerSecond: Type.Optional(PerSecond),
    callsPerSecond: Type.Optional(PerSecond),
    deliveriesPerSecond: Type.Optional(PerSecond),
    of: Type.Optional(
      List(
        Type.Object(
          {
            id: Type.String({ pattern: idOf('src|ep|key|con'), examples: ['src_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
            perSecond: PerSecond,
          },
          closed,
        ),
        1_000,
        'The peak of single sources, endpoints, API keys and connections.',
      ),
    ),
  },
  { ...closed, description: 'The expected peak.' },
);
const webhooks = List(
  Type.Object(
    {
      source: Source,
      needed: List(EventType, 200, 'What is handled.'),
      unhandled: Type.Optional(
        List(
          Type.Object({ eventType: EventType, reason: Text(500) }, closed),
          200,
          'What comes, and why nobody takes it.',
        ),
      ),
    },
    closed,
  ),
  200,
);
const registrations = List(
  Type.Object({ source: Source, url: Url, active: Type.Boolean(), events: List(EventType, 200) }, closed),
  200,
  'Webhooks as they are registered at the provider.',
);
const addresses = List(
  Type.Object(
    {
      source: Source,
      addresses: Nullable(List(Type.String({ minLength: 2, maxLength: 60, examples: ['192.0.2.0/24'] }), 500), {
        description: 'Addresses and networks that the provider posts from; null: it publishes none.',
      }),
      statedOn: Day,
      statedBy: Text(200, { description: 'Who at the provider, or which page.' }),
    },
    closed,
  ),
  200,
);
const legalEntity = Type.Object(
  { name: Text(200), country: Country, identifiers: List(Type.Object({ ...identifier, proof: Proof }, closed), 20) },
  closed,
);
const participants = List(
  Type.Object(
    {
      ...identifier,
      owner: Type.Enum(['own', 'partner']),
      name: Type.Optional(Text(200)),
      country: Type.Optional(Country),
      accessPoint: Type.Optional(Text(200, { description: 'Where the network is expected to know it.' })),
      proof: Proof,
    },
    closed,
  ),
  1_000,
  'Identifiers in the Peppol network.',
);
const exchange = Type.Object(
  {
    countries: List(Country, 100),
    documentTypes: List(
      Type.Object(
        {
          name: Text(100, { examples: ['invoice'] }),
          identifier: Text(500, { description: 'Of the document type in the network, with its customisation.' }),
          process: Type.Optional(Text(500)),
        },
        closed,
      ),
      100,
    ),
    launchTests: Type.Optional(List(Text(200), 1_000, 'Ids of transactions that were tests at launch.')),
  },
  closed,
);
const providers = List(
  Type.Object(
    {
      connection: Connection,
      organisation: Text(200, { description: 'The id of the team or organisation at the provider.' }),
    },
    closed,
  ),
  200,
);
const paidPlans = List(
  Type.Object(
    {
      connection: Connection,
      plans: List(
        Text(200, { examples: ['Personal - Annual'] }),
        50,
        'Names of plans that are paid for, as the record of the account at the provider has them.',
      ),
      envelopesPer30Days: Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description: 'Expected through this connection.',
        examples: [400],
      }),
      features: Type.Optional(
        List(
          Type.Enum([...docusignFeatures]),
          docusignFeatures.length,
          'What the integration uses beyond plain envelopes; empty: nothing of it.',
        ),
      ),
    },
    closed,
  ),
  200,
  'What is paid for at the provider, how much is to be sent and which features are used, for each connection.',
);
const testRecipients = List(
  Type.Object(
    {
      connection: Connection,
      ...identifier,
      name: Text(200),
      country: Country,
      agreedOn: Day,
      agreedBy: Text(200, { description: 'Who there agreed to get a test invoice and a credit note.' }),
      receipt: Type.Optional(
        Type.Object(
          {
            on: Day,
            by: Text(200, { description: 'Who there said so.' }),
            transactions: List(Text(200), 20, 'What they got, by its ids at the provider.'),
          },
          { ...closed, description: 'That both arrived; left out until the recipient has said so.' },
        ),
      ),
    },
    closed,
  ),
  50,
  'Who agreed to get a test invoice in production, for each connection.',
);
const fields = List(
  Type.Object(
    {
      eventType: Type.String({ minLength: 1, maxLength: 200, description: '`*` is every type.' }),
      path: Type.String({
        minLength: 1,
        maxLength: 500,
        pattern: '^/',
        description: 'A JSON pointer; `*` for every item of a list.',
        examples: ['/payload/recipients/*/email'],
      }),
      class: Type.Enum(['email', 'name', 'phone', 'bank-account', 'tax-number', 'address', 'other', 'none']),
      retentionDays: Type.Integer({ minimum: 0, maximum: 36_500 }),
      masking: Type.Enum(['hidden', 'partly', 'shown']),
    },
    closed,
  ),
  2_000,
  'Fields of payloads by what personal data they hold; `none` says that there is none.',
);
const performance = List(
  Type.Object({ check: Text(200, { examples: ['endpoint.answers-within-30s'] }), demand: Text(500) }, closed),
  100,
  'What is demanded of speed, each by the check that decides it.',
);
const roles = Type.Object(
  {
    reviewedOn: Day,
    reasons: List(
      Type.Object({ member: Type.String({ pattern: idOf('mem') }), reason: Text(500) }, closed),
      500,
      'Why somebody keeps a role that their work did not ask for.',
    ),
  },
  { ...closed, description: 'The last review of who has which role.' },
);

const parts = {
  traffic,
  webhooks,
  registrations,
  addresses,
  legalEntity,
  participants,
  exchange,
  providers,
  paidPlans,
  testRecipients,
  fields,
  performance,
  roles,
};
export const partNames = Object.keys(parts) as PartName[];

/** Everything that a team can say of itself; a part that is left out is not declared. */
export const DeclarationParts = Type.Object(
  {
    traffic: Type.Optional(traffic),
    webhooks: Type.Optional(webhooks),
    registrations: Type.Optional(registrations),
    addresses: Type.Optional(addresses),
    legalEntity: Type.Optional(legalEntity),
    participants: Type.Optional(participants),
    exchange: Type.Optional(exchange),
    providers: Type.Optional(providers),
    paidPlans: Type.Optional(paidPlans),
    testRecipients: Type.Optional(testRecipients),
    fields: Type.Optional(fields),
    performance: Type.Optional(performance),
    roles: Type.Optional(roles),
  },
  closed,
);

export type PartName = keyof typeof parts;
export type DeclarationParts = Static<typeof DeclarationParts>;
