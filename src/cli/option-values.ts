import { InvalidArgumentError } from 'commander';
import { type Parsed, parseServiceUrl, parseWhole } from '../configuration/settings.rules.ts';

/** Commander adds which option it was, so only what is wrong and how to mend it is said here. */
function valueOf<Value>(parsed: Parsed<Value>): Value {
  if (parsed.ok) return parsed.value;
  throw new InvalidArgumentError(`${parsed.what}; ${parsed.remedy}.`);
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => valueOf(parseWhole(text, least, most));
}

/** Seconds, fractions allowed, up to a day. */
export const seconds = (text: string): number => secondsUpTo(86_400, text);

/** Seconds of the past, up to a year: some providers' signatures are good for days. */
export const secondsAgo = (text: string): number => secondsUpTo(31_536_000, text);

function secondsUpTo(most: number, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  if (value > most) throw new InvalidArgumentError(`${text} is more than may be; write at most ${most}.`);
  throw new InvalidArgumentError('is not a number of seconds; write 2 or 0.5.');
}

export function serviceUrl(text: string): string {
  return valueOf(parseServiceUrl(text));
}

/** RFC 9110 section 5.1: a header name is a token. Given back in lower case. */
export function headerName(text: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('is not a header name; write X-Signature.');
}

/** For options that may be given several times. */
export function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
