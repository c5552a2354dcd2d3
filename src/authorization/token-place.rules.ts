import { isIPv4 } from 'node:net';

/** An address that secrets are sent to, or what is wrong with it. */
export type PlaceVerdict = { ok: true; url: URL } | { ok: false; problem: string };

/**
 * Secrets go over https, or to the machine itself (a simulator). Whether loopback may be reached at all, and what is
 * behind a name, is for the guarded connection to judge.
 */
export function judgeTokenPlace(text: string): PlaceVerdict {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text)) return refused('is no https URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return refused('has a user or a password in it');
  if (text.includes('#')) return refused('has a fragment');
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) return refused('is not https');
  return { ok: true, url };
}

/** True for `localhost`, names below it, 127.0.0.0/8 and ::1, as URLs spell them. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}

function refused(what: string): PlaceVerdict {
  return { ok: false, problem: `${what}; write it as https://login.example.com/oauth/token` };
}
