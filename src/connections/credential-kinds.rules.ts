import type { CredentialKind } from '../providers/api-profile.ts';

/** One field of a kind of credential, as data: enough for a form. */
export type FieldSpec = {
  description: string;
  required: boolean;
  /** Not to be shown or typed where others see it. Each kind has one of these. */
  secret: boolean;
  /** A file, a variable or a command may be named in its place. */
  mayRefer: boolean;
};

const secret = { required: true, secret: true, mayRefer: true };
const named = { required: true, secret: false, mayRefer: true };
const optional = { required: false, secret: false, mayRefer: true };
/** Where secrets are sent, and how: judged when the connection is made, so it has to be there then. */
const writtenOut = { required: false, secret: false, mayRefer: false };

/** The fields of every kind of credential; see ConnectionCredential. */
export const credentialFields: Readonly<Record<CredentialKind, Readonly<Record<string, FieldSpec>>>> = {
  bearer: { token: { ...secret, description: 'Sent as `Authorization: Bearer <token>`.' } },
  header: {
    name: { ...writtenOut, required: true, description: 'The header, such as `X-API-Key`.' },
    value: { ...secret, description: 'What it holds.' },
  },
  basic: {
    username: { ...named, description: 'Sent with the password as `Authorization: Basic …`; without a colon.' },
    password: { ...secret, description: 'May be empty, where the user name is the key.' },
  },
  'oauth-client-credentials': {
    tokenUrl: { ...writtenOut, required: true, description: 'Where tokens come from: an https URL.' },
    clientId: { ...named, description: 'The id of the client there.' },
    clientSecret: { ...secret, description: 'Its secret.' },
    scope: { ...optional, description: 'Scopes to ask for, with one blank between them.' },
    audience: { ...optional, description: 'The API that tokens are for, where the server asks for it.' },
    clientAuthentication: {
      ...writtenOut,
      description: '`basic` (otherwise) or `body`: how the client shows who it is.',
    },
  },
  'docusign-jwt': {
    integrationKey: { ...named, description: 'The integration key (client id) of the app.' },
    userId: { ...named, description: 'The id of the user whom the app acts for.' },
    privateKey: { ...secret, description: 'The RSA private key of the pair that was made for the app, as PEM.' },
    accountId: {
      ...optional,
      description: "The account, where the user has several; otherwise the user's default one.",
    },
    authBaseUrl: { ...writtenOut, description: 'Where users sign in, where it is not the one of the environment.' },
  },
};
