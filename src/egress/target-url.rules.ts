import { isIPv4 } from 'node:net';
import type { CompiledAddressPolicy } from './address.rules.ts';
import { judgeAddress } from './address.rules.ts';

export type TargetUrlPolicy = { requireHttps: boolean; addressPolicy: CompiledAddressPolicy };

export type TargetUrlVerdict = { ok: true; url: URL } | { ok: false; reason: string; remedy: string };

const longestUrl = 2048;
const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'metadata.oraclecloud.com',
  'instance-data',
  'instance-data.ec2.internal',
  'rancher-metadata',
]);

/**
 * Says whether requests may be sent to a URL, as far as the URL alone can tell. The addresses behind a name are judged
 * on every connection. The URL is refused, not repaired, where parsers are known to disagree.
 */
export function judgeTargetUrl(text: string, policy: TargetUrlPolicy): TargetUrlVerdict {
  if (text.length > longestUrl) return refused(`is longer than ${longestUrl} characters`, 'Use a shorter URL.');
  if (hasTroublingCharacter(text)) {
    return refused('has white space, a control character or a backslash', 'Percent-encode these characters.');
  }
  // Without a host (`https:///x`) the first part of the path would become one.
  const authority = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined || !URL.canParse(text)) {
    return refused('is not an http or https URL', 'Write it as https://example.com/path.');
  }
  const url = new URL(text);
  if (url.protocol !== 'https:' && policy.requireHttps) return refused('is not https', 'Use an https URL.');
  if (authority.includes('@')) {
    return refused('carries a user name or password', 'Send credentials in a header of the endpoint.');
  }
  if (text.includes('#')) return refused('has a fragment', 'Remove the part from # on: it is never sent.');
  if (url.port === '0') return refused('has port 0', 'Use the port that the server listens on.');
  return judgeHost(url, authority, policy.addressPolicy);
}

function judgeHost(url: URL, authority: string, policy: CompiledAddressPolicy): TargetUrlVerdict {
  const host = url.hostname;
  if (isIPv4(host) && authority.replace(/:\d*$/, '') !== host) {
    return refused('spells an IPv4 address in an unusual way', `Write the address as ${host}.`);
  }
  if (isIPv4(host) || host.startsWith('[')) {
    const verdict = judgeAddress(host.replace(/^\[|\]$/g, ''), policy);
    if (verdict.allowed) return { ok: true, url };
    return refused(`has an address that ${verdict.reason}`, networkRemedy);
  }
  const name = host.replace(/\.$/, '');
  if (name === '' || name.startsWith('.') || name.includes('..')) {
    return refused('has no valid host name', 'Write it as https://example.com/path.');
  }
  if (metadataNames.has(name)) return refused('names a cloud metadata service', networkRemedy);
  if ((name === 'localhost' || name.endsWith('.localhost')) && !policy.allowLoopback) {
    const remedy = 'Use a public address, or 127.0.0.1 if the operator allows that network.';
    return refused('names the machine itself', remedy);
  }
  return { ok: true, url };
}

const networkRemedy = 'Use a public address, or have the operator allow the network.';

function hasTroublingCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code === 0x7f || code === 0x5c || (code >= 0x80 && code <= 0xa0)) return true;
  }
  return false;
}

function refused(reason: string, remedy: string): TargetUrlVerdict {
  return { ok: false, reason, remedy };
}
