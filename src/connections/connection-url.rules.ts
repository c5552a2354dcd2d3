import { isIPv4 } from 'node:net';
import { judgeTargetUrl, type TargetUrlPolicy } from '../egress/target-url.rules.ts';
import type { ApiEnvironment, ApiProfile } from '../providers/api-profile.ts';

type Hosts = Pick<ApiProfile, 'title' | 'environments' | 'selfHosted'>;

/** `url` has no slash at its end. `problem` continues "the URL …" and says how to mend it. */
export type ConnectionUrlVerdict = { ok: true; url: string } | { ok: false; problem: string };

/**
 * Whether a connection of this environment may send its credentials to a URL: one of the provider's hosts, another one
 * where people host it themselves and say so, or the machine itself in development, for simulators. Never a host of the
 * other environment: a sandbox mistaken for production is what connections are kept apart for.
 * @param place.policy allows loopback in development alone.
 */
export function judgeConnectionUrl(
  text: string,
  place: { profile: Hosts; environment: ApiEnvironment; selfHosted: boolean; policy: TargetUrlPolicy },
): ConnectionUrlVerdict {
  const { profile, environment, policy } = place;
  const sound = judgeCallUrl(text, policy);
  if (!sound.ok) return sound;
  const host = hostOf(sound.url);
  const other: ApiEnvironment = environment === 'sandbox' ? 'production' : 'sandbox';
  const mine = closeness(host, profile.environments[environment].hosts);
  const theirs = closeness(host, profile.environments[other].hosts);
  if (theirs > mine) {
    const problem = `is ${profile.title}'s ${other}, and this connection is of ${environment}: make one of ${other} for it`;
    return { ok: false, problem };
  }
  if (mine > 0 || isLoopback(host) || knowsNoHosts(profile)) return sound;
  if (!profile.selfHosted) {
    return { ok: false, problem: `is no host of ${profile.title}: it must be ${hostsInWords(profile, environment)}` };
  }
  if (place.selfHosted) return sound;
  const problem = `is no host of ${profile.title} that is known: set selfHosted to true when you host it yourself`;
  return { ok: false, problem };
}

/** For where tokens come from: any https host that the operator's policy allows. */
export function judgeTokenUrl(text: string, policy: TargetUrlPolicy): ConnectionUrlVerdict {
  return judgeCallUrl(text, policy);
}

/** True for a host that is the provider's own, so that what is sent there reaches nobody else. */
export function isProvidersHost(url: string, profile: Hosts, environment: ApiEnvironment): boolean {
  return closeness(hostOf(url), profile.environments[environment].hosts) > 0;
}

function judgeCallUrl(text: string, policy: TargetUrlPolicy): ConnectionUrlVerdict {
  if (/^https?:\/\/[^/?#]*@/i.test(text)) {
    return { ok: false, problem: 'carries a user name or password: give them as a credential of kind basic' };
  }
  const verdict = judgeTargetUrl(text, { ...policy, requireHttps: false });
  if (!verdict.ok) return { ok: false, problem: `${verdict.reason}. ${verdict.remedy}` };
  const { url } = verdict;
  if (text.includes('?')) return { ok: false, problem: 'has a query: a call brings its own' };
  if (url.protocol !== 'https:' && !(policy.addressPolicy.allowLoopback && isLoopback(hostOf(text)))) {
    return { ok: false, problem: 'is not https: credentials are sent there. Use an https URL' };
  }
  return { ok: true, url: (url.origin + url.pathname).replace(/\/+$/, '') };
}

/** In lower case, without the dot that may end a name. */
function hostOf(url: string): string {
  return new URL(url).hostname.replace(/\.$/, '');
}

/** 2: named; 1: below a name that is given with `*.`; 0: not among them. */
function closeness(host: string, patterns: readonly string[]): number {
  const each = patterns.map((pattern) => {
    if (pattern === host) return 2;
    return pattern.startsWith('*.') && host.endsWith(pattern.slice(1)) ? 1 : 0;
  });
  return Math.max(0, ...each);
}

/** A profile for any API at all: there is nothing to hold a host against. */
function knowsNoHosts({ selfHosted, environments }: Hosts): boolean {
  return selfHosted && environments.sandbox.hosts.length + environments.production.hosts.length === 0;
}

function isLoopback(host: string): boolean {
  const isName = host === 'localhost' || host.endsWith('.localhost');
  return isName || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

function hostsInWords(profile: Hosts, environment: ApiEnvironment): string {
  return profile.environments[environment].hosts.join(' or ') || 'left out: it is found with the credentials';
}
