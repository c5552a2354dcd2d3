import { type TSchema, Type } from 'typebox';
import { type AuditAction, auditActionNames } from './audit-actions.rules.ts';
import type { AuditActor, AuditOutcome } from './audit-entry.ts';

const Nullable = <Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) =>
  Type.Union([schema, Type.Null()], options);
const Time = (description?: string) =>
  Type.String({ format: 'date-time', ...(description === undefined ? {} : { description }) });
const Action = Type.Unsafe<AuditAction>({ type: 'string', enum: auditActionNames });
// Without U+0000, which PostgreSQL cannot store.
const Name = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 256, pattern: '^[^\\u0000]*$', description }));
const Hash = (description: string) => Type.String({ description, pattern: '^[0-9a-f]{64}$' });

export const EntryView = Type.Object({
  id: Type.String({ examples: ['aud_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  sequence: Type.Integer({ description: 'Its place in the chain of its team, or of the gateway, from 1.' }),
  at: Time(),
  team: Nullable(Type.String(), { description: 'Null: of the gateway itself.' }),
  actor: Type.Object({
    kind: Type.Unsafe<AuditActor['kind']>({
      type: 'string',
      enum: ['operator', 'api-key', 'command-line', 'posthorn'],
      description: 'command-line: somebody at the machine itself; posthorn: nobody asked.',
    }),
    id: Nullable(Type.String(), { description: 'Of the api key.' }),
    memberId: Nullable(Type.String(), { description: 'Whose key it is, when it is somebody’s.' }),
  }),
  action: Action,
  target: Nullable(Type.Object({ kind: Type.String(), id: Type.String() })),
  before: Type.Unknown({ description: 'What changed, as it was; secrets are masked.' }),
  after: Type.Unknown({ description: 'What changed, as it is from then on; secrets are masked.' }),
  address: Nullable(Type.String()),
  requestId: Nullable(Type.String()),
  outcome: Type.Unsafe<AuditOutcome>({ type: 'string', enum: ['succeeded', 'refused', 'failed'] }),
  hash: Hash('SHA-256 over the entry and the hash of the one before.'),
});

export const CheckpointView = Type.Object({
  format: Type.String(),
  scope: Type.String({ description: '`all`: over every chain.' }),
  number: Nullable(Type.Integer()),
  previous: Nullable(Hash('Of the checkpoint before.')),
  at: Time(),
  key: Type.String({ description: 'The first 16 hex digits of the SHA-256 of the public key.' }),
  heads: Type.Array(
    Type.Object({ team: Nullable(Type.String()), sequence: Type.Integer(), hash: Hash('Of the last entry.') }),
  ),
  signature: Type.String({ description: 'Ed25519, base64.' }),
});

export const PublicKeyView = Type.Object({
  key: Type.String({ description: 'Its name in checkpoints.' }),
  publicKey: Type.String({ description: 'DER (SubjectPublicKeyInfo), base64.' }),
  pem: Type.String(),
});

export const entryQuery = {
  actor: Name('What this api key or this member did; or `operator`, `command-line`, `posthorn`.'),
  action: Type.Optional(Action),
  target: Name('The id of what was acted on.'),
  since: Type.Optional(Time('At or after.')),
  until: Type.Optional(Time('Before.')),
};
