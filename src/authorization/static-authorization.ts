import type { ConnectionCredential } from '../connections/connection-config.ts';
import type { Authorization } from './authorizer.ts';
import { CredentialError } from './authorizer.ts';
import { basicHeaders, bearerHeaders, type HeadersVerdict, ownHeaders } from './credential-headers.rules.ts';
import { type CredentialValues, demandValue, nameOf, readValues, rereadValues } from './credential-values.ts';
import type { FieldReader } from './field-reader.ts';

type Made = { values: CredentialValues; authorization: Authorization; isFixed: boolean };

/** Authorizations of the kinds that send what they are: bearer, header, basic. */
export function createStaticAuthorizations(reader: FieldReader) {
  const made = new WeakMap<ConnectionCredential, Made>();

  function make(credential: ConnectionCredential, values: CredentialValues): Authorization {
    const known = made.get(credential);
    if (known !== undefined && isSame(known.values, values)) return known.authorization;
    const verdict = headersOf(credential, values);
    if (!verdict.ok) throw new CredentialError('unusable', `${nameOf(credential)}: ${verdict.problem}`);
    const { id: credentialId, kind } = credential;
    const authorization = { credentialId, kind, headers: verdict.headers, baseUrl: null };
    const isFixed = Object.values(credential.fields).every((field) => 'value' in field);
    made.set(credential, { values, authorization, isFixed });
    return authorization;
  }

  function authorize(credential: ConnectionCredential): Authorization | Promise<Authorization> {
    const known = made.get(credential);
    if (known?.isFixed === true) return known.authorization;
    const values = readValues(reader, credential);
    return values instanceof Promise ? values.then((read) => make(credential, read)) : make(credential, values);
  }

  return {
    authorize,
    /** True when the credential is, or refers to, what is or may be another value by now. */
    refused(credential: ConnectionCredential, refused: Authorization): boolean {
      let current: Authorization | Promise<Authorization>;
      try {
        current = authorize(credential);
      } catch (error) {
        if (error instanceof CredentialError) return false;
        throw error;
      }
      if (current instanceof Promise) {
        current.catch(() => undefined);
        return true;
      }
      if (!isSame(current.headers, refused.headers)) return true;
      return rereadValues(reader, credential, made.get(credential)?.values ?? {});
    },
  };
}

function headersOf(credential: ConnectionCredential, values: CredentialValues): HeadersVerdict {
  const demand = (name: string): string => demandValue(credential, values, name);
  if (credential.kind === 'bearer') return bearerHeaders(demand('token'));
  if (credential.kind === 'header') return ownHeaders(demand('name'), demand('value'));
  // Some providers take a key as the user name and no password, or the other way round.
  return basicHeaders(values['username'] ?? '', values['password'] ?? '');
}

function isSame(one: object, other: object): boolean {
  const [mine, theirs] = [Object.entries(one), Object.entries(other)];
  return (
    mine.length === theirs.length &&
    mine.every(([key, value], index) => {
      const [otherKey, otherValue] = theirs[index] ?? [];
      return key === otherKey && value === otherValue;
    })
  );
}
