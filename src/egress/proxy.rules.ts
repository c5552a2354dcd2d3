import type { Network } from './address.rules.ts';
import { networkContains, parseAddress, parseNetwork } from './address.rules.ts';

/** A forward proxy, read from a URL. `authorization` is the ready header value, and a secret. */
export type Proxy = { secure: boolean; hostname: string; port: number; authorization: string | null };

/** Which hosts are reached without the proxy. */
export type ProxyBypass = {
  readonly everything: boolean;
  readonly names: readonly { suffix: string; port: number | null }[];
  readonly networks: readonly Network[];
};

/** Reads a proxy URL such as `http://user:secret@proxy:3128`; null when it is none. Its text is never repeated. */
export function parseProxyUrl(text: string): Proxy | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  const secure = url.protocol === 'https:';
  const user = decode(url.username);
  const password = decode(url.password);
  if (user === null || password === null) return null;
  return {
    secure,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    authorization:
      user === '' && password === '' ? null : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  };
}

/** Reads a NO_PROXY list: `*`, host names (which cover their subdomains), `.suffix`, addresses, CIDRs, `host:port`. */
export function parseNoProxy(list: string): ProxyBypass {
  const names: { suffix: string; port: number | null }[] = [];
  const networks: Network[] = [];
  let everything = false;
  for (const entry of list.split(/[\s,]+/)) {
    const network = parseNetwork(entry.replace(/^\[|\]$/g, ''));
    if (entry === '*') everything = true;
    else if (network !== null) networks.push(network);
    else if (entry !== '') {
      const [, name = '', port] = /^(?:\*?\.)?([^:]*?)\.?(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      if (name !== '') names.push({ suffix: name, port: port === undefined ? null : Number(port) });
    }
  }
  return { everything, names, networks };
}

/** Whether a host is reached directly. Networks match literal addresses only, as in curl and Go. */
export function bypassesProxy(hostname: string, port: number, bypass: ProxyBypass): boolean {
  if (bypass.everything) return true;
  const address = parseAddress(hostname);
  if (address !== null && bypass.networks.some((network) => networkContains(network, address))) return true;
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return bypass.names.some(
    (entry) =>
      (entry.port === null || entry.port === port) && (name === entry.suffix || name.endsWith(`.${entry.suffix}`)),
  );
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
