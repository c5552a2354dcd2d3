import {
  basicHeaders,
  bearerHeaders,
  type HeadersVerdict,
  ownHeaders,
} from '../authorization/credential-headers.rules.ts';
import type { TargetUrlPolicy } from '../egress/target-url.rules.ts';
import { pointerTo } from '../filtering/json.rules.ts';
import { closestTo } from '../filtering/suggestion.rules.ts';
import type { ProblemPointer } from '../problem.ts';
import type { ApiEnvironment, ApiProfile, CredentialKind } from '../providers/api-profile.ts';
import { judgeConnectionUrl, judgeTokenUrl } from './connection-url.rules.ts';
import type { CredentialField } from './connection-config.ts';
import { credentialFields, type FieldSpec } from './credential-kinds.rules.ts';
import { readPrivateKey } from './private-key.rules.ts';

/** A field as a caller gives it: its value, or one reference. */
export type GivenField = string | { fromFile?: string; fromEnv?: string; fromCommand?: string[] };

/** What the fields are judged against. */
export type CredentialPlace = {
  profile: Pick<ApiProfile, 'title' | 'environments' | 'selfHosted' | 'problemOfSecret'>;
  environment: ApiEnvironment;
  selfHosted: boolean;
  policy: TargetUrlPolicy;
};

/** `shape`: what is wrong with the fields that are given; `values`: with what is in them. Nothing is quoted. */
export type ReadFields = {
  fields: Record<string, CredentialField>;
  shape: ProblemPointer[];
  values: ProblemPointer[];
  /** Where there are references: they are for the operator to set. */
  references: string[];
};

/** Reads the fields of a credential of a kind, each repaired where it was pasted, and every problem told at once. */
export function readFields(
  kind: CredentialKind,
  given: Readonly<Record<string, GivenField>>,
  place: CredentialPlace,
  pointer: string,
): ReadFields {
  const specs: Readonly<Record<string, FieldSpec>> = credentialFields[kind];
  const read: ReadFields = { fields: {}, shape: [], values: [], references: [] };
  for (const [name, field] of Object.entries(given)) {
    const at = pointerTo(pointer, name.slice(0, 60));
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined) {
      read.shape.push({ pointer: at, message: unknownField(name, kind, Object.keys(specs)) });
    } else if (typeof field === 'string') {
      const text = withoutBlanksAround(name, field);
      const value = name === 'privateKey' ? readPrivateKey(text) : judge(kind, name, text, place);
      if (value.ok) read.fields[name] = { value: 'pem' in value ? value.pem : value.text };
      else read.values.push({ pointer: at, message: value.problem });
    } else if (!spec.mayRefer) {
      read.shape.push({ pointer: at, message: 'must be written out: it decides where secrets are sent, or how' });
    } else {
      const reference = referenceOf(field);
      read.references.push(at);
      if (reference === null)
        read.shape.push({ pointer: at, message: 'must name one: fromFile, fromEnv or fromCommand' });
      else read.fields[name] = reference;
    }
  }
  for (const [name, { required }] of Object.entries(specs)) {
    if (required && !Object.hasOwn(given, name)) {
      read.shape.push({
        pointer: pointerTo(pointer, name),
        message: `is missing: a credential of kind ${kind} needs it`,
      });
    }
  }
  return read;
}

type JudgedValue = { ok: true; text: string } | { ok: false; problem: string };

function judge(kind: CredentialKind, name: string, text: string, place: CredentialPlace): JudgedValue {
  if (text === '' && name !== 'password') return refused('is empty');
  if (/\p{Cc}/u.test(text)) return refused('has a line break or another control character: enter it on one line');
  if (name === 'tokenUrl' || name === 'authBaseUrl') {
    const url = name === 'tokenUrl' ? judgeTokenUrl(text, place.policy) : judgeConnectionUrl(text, place);
    return url.ok ? { ok: true, text: url.url } : url;
  }
  const problem = problemOf(kind, name, text) ?? problemOfSecret(kind, name, text, place);
  return problem === null ? { ok: true, text } : refused(problem);
}

/** What would keep the credential from being sent. */
function problemOf(kind: CredentialKind, name: string, text: string): string | null {
  if (kind === 'bearer') return problemIn(bearerHeaders(text));
  if (kind === 'header' && name === 'name') return problemIn(ownHeaders(text, 'any'));
  if (kind === 'header') return problemIn(ownHeaders('x-any', text));
  if (kind === 'basic') return problemIn(name === 'username' ? basicHeaders(text, '') : basicHeaders('', text));
  if (name === 'clientAuthentication' && text !== 'basic' && text !== 'body') return 'must be basic or body';
  if (name === 'scope' && !/^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(text)) {
    return 'must be scopes with one blank between them, such as read write';
  }
  return null;
}

function problemIn(verdict: HeadersVerdict): string | null {
  return verdict.ok ? null : verdict.problem;
}

function problemOfSecret(kind: CredentialKind, name: string, text: string, place: CredentialPlace): string | null {
  if (!credentialFields[kind][name]?.secret) return null;
  return place.profile.problemOfSecret?.(text, place.environment) ?? null;
}

/** What was copied brings blanks and line breaks along; a password may begin with them. */
function withoutBlanksAround(name: string, text: string): string {
  return name === 'password' ? text : text.trim();
}

function referenceOf({ fromFile, fromEnv, fromCommand }: Exclude<GivenField, string>): CredentialField | null {
  const references: CredentialField[] = [
    ...(fromFile === undefined ? [] : [{ fromFile }]),
    ...(fromEnv === undefined ? [] : [{ fromEnv }]),
    ...(fromCommand === undefined ? [] : [{ fromCommand }]),
  ];
  return references.length === 1 ? (references[0] ?? null) : null;
}

function unknownField(name: string, kind: CredentialKind, known: readonly string[]): string {
  const meant = closestTo(name, known);
  if (meant !== undefined) return `is no field of a credential of kind ${kind}: did you mean ${meant}?`;
  return `is no field of a credential of kind ${kind}: it has ${known.join(', ')}`;
}

function refused(problem: string): JudgedValue {
  return { ok: false, problem };
}
