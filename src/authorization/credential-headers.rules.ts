import { judgeStaticHeader } from '../egress/request-headers.rules.ts';

/** Flat headers (name, value), or what is wrong with the credential and how to mend it: never quotes a value. */
export type HeadersVerdict = { ok: true; headers: readonly string[] } | { ok: false; problem: string };

const visible = /^[\x21-\x7e]+$/;
const control = /\p{Cc}/u;
const longestValue = 16_384;

/** `authorization: Bearer <token>` (RFC 6750 section 2.1); tokens with other visible characters are taken as well. */
export function bearerHeaders(token: string): HeadersVerdict {
  if (token.length > longestValue) return tooLong('token');
  if (visible.test(token)) return { ok: true, headers: ['authorization', `Bearer ${token}`] };
  return refused(
    'the token has a blank, a line break or a character that is not visible ASCII',
    'enter it as the provider shows it, without `Bearer` before it',
  );
}

/** A header of the provider's own, judged as the static headers of endpoints are. */
export function ownHeaders(name: string, value: string): HeadersVerdict {
  if (value === '') return refused('the value of the header is empty', 'enter the key that the provider gave you');
  const verdict = judgeStaticHeader(name, value);
  if (verdict.ok) return { ok: true, headers: [verdict.name, value] };
  return refused(`the header ${verdict.reason}`, 'change its name or its value');
}

/** `authorization: Basic …` (RFC 7617, with the charset UTF-8 of its section 2.1). */
export function basicHeaders(username: string, password: string): HeadersVerdict {
  if (username.includes(':')) return refused('the user name has a colon, which Basic cannot say', 'use another');
  if (control.test(username) || control.test(password)) {
    return refused('the user name or the password has a control character', 'enter it without line breaks and tabs');
  }
  if (username.length + password.length > longestValue / 2) return tooLong('user name and password');
  return { ok: true, headers: ['authorization', `Basic ${toBase64(`${username}:${password}`)}`] };
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function tooLong(what: string): HeadersVerdict {
  return refused(`the ${what} is longer than a header may be`, 'check what is entered or referred to');
}

function refused(what: string, remedy: string): HeadersVerdict {
  return { ok: false, problem: `${what}; ${remedy}` };
}
