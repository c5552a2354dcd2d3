import type { Credential, Verdict } from './provider-profile.ts';
import {
  checkTolerance,
  findSigner,
  hmacOf,
  jsonOf,
  parseHex,
  parseUnixSeconds,
  reject,
  repeatsName,
  textAt,
} from './signature.rules.ts';

/**
 * Verifies a JSON whose `event` holds its name, its time in Unix seconds and the hex HMAC-SHA256 of these two: nothing
 * else of it is signed, so its age bounds what can be made of a hash that was seen.
 * @param by.members what the three are called under `event`
 * @param by.typeShape names that the signed text can be taken apart with in one way alone
 * @param by.signed the signed text
 * @param by.key what the credential is called, for people
 */
export function verifyEventHash(
  json: Buffer,
  by: {
    members: { hash: string; time: string; type: string };
    typeShape: RegExp;
    signed: (time: string, type: string) => string;
    key: string;
    credentials: readonly Credential[];
    maxAgeSeconds: number;
  },
  nowMs: number,
): Verdict {
  const { members } = by;
  const content = jsonOf(json);
  if (content === undefined) return reject('body_unreadable', 'What should be the JSON of the event is no JSON.');
  const hash = textAt(content, 'event', members.hash);
  if (hash === null) return reject('signature_missing', `There is no event.${members.hash} in the JSON.`);
  const given = parseHex(hash, 32);
  if (given === null) return reject('signature_malformed', `event.${members.hash} is not 64 hexadecimal digits.`);
  const time = textAt(content, 'event', members.time);
  if (time === null) return reject('timestamp_missing', `There is no event.${members.time} in the JSON.`);
  const seconds = parseUnixSeconds(time);
  if (seconds === null) return reject('timestamp_malformed', `event.${members.time} is not in Unix seconds.`);
  const type = textAt(content, 'event', members.type);
  if (type === null || !by.typeShape.test(type)) {
    return reject('body_unreadable', `event.${members.type} is missing or is not the name of an event.`);
  }
  const text = by.signed(time, type);
  const signer = findSigner(by.credentials, [given], ({ value }) => hmacOf('sha256', value, text));
  if (signer === null) return reject('signature_mismatch', `No ${by.key} makes this event.${members.hash}.`);
  if (repeatsName(json.toString('utf8'), 2)) return reject('signature_repeated', 'The JSON has a member twice.');
  return checkTolerance(seconds, nowMs, by.maxAgeSeconds) ?? { verified: true, credential: signer.name };
}
