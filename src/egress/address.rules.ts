import { isIP, isIPv4 } from 'node:net';

/** What an operator opens beyond the public internet: `allowedNetworks` are CIDRs, such as `10.2.0.0/16`. */
export type AddressPolicy = { allowLoopback: boolean; allowedNetworks: readonly string[] };

/** An {@link AddressPolicy} read once by {@link compileAddressPolicy}. */
export type CompiledAddressPolicy = { readonly allowLoopback: boolean; readonly networks: readonly Network[] };

export type AddressVerdict = { allowed: true } | { allowed: false; reason: string };

/** An address as a number. IPv4-mapped IPv6 is IPv4 here, because that is what the kernel connects to. */
export type Address = { family: 4 | 6; value: bigint };

export type Network = { family: 4 | 6; value: bigint; prefix: number };

type Range = Network & { cidr: string; what: string };

const allowed: AddressVerdict = { allowed: true };

/** Reads a literal address; null when it is none, or carries a zone (`fe80::1%eth0`). */
export function parseAddress(text: string): Address | null {
  const family = isIP(text);
  if (family === 4) return { family: 4, value: ipv4Value(text) };
  if (family !== 6 || text.includes('%')) return null;
  const value = ipv6Value(text);
  return value >> 32n === 0xffffn ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value };
}

/** Reads a CIDR or a single address; null when it is neither. */
export function parseNetwork(cidr: string): Network | null {
  const [text = '', length, ...rest] = cidr.trim().split('/');
  const address = parseAddress(text);
  if (address === null || rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return null;
  const bits = address.family === 4 ? 32 : 128;
  // A mapped network, ::ffff:10.0.0.0/104, is the IPv4 network 10.0.0.0/8.
  const offset = address.family === 4 && text.includes(':') ? 96 : 0;
  const prefix = length === undefined ? bits : Number(length) - offset;
  if (prefix < 0 || prefix > bits) return null;
  const host = BigInt(bits - prefix);
  return { family: address.family, value: (address.value >> host) << host, prefix };
}

/** Whether the network holds the address. */
export function networkContains(network: Network, address: Address): boolean {
  if (network.family !== address.family) return false;
  const host = BigInt((network.family === 4 ? 32 : 128) - network.prefix);
  return address.value >> host === network.value >> host;
}

/** Reads a policy once. Throws a RangeError that names the entry which is no CIDR. */
export function compileAddressPolicy(policy: AddressPolicy): CompiledAddressPolicy {
  const networks = policy.allowedNetworks.map((cidr) => {
    const network = parseNetwork(cidr);
    if (network === null) throw new RangeError(`"${cidr}" is not a network; write it as 10.2.0.0/16 or fd12:3456::/32`);
    return network;
  });
  return { allowLoopback: policy.allowLoopback, networks };
}

/**
 * Says whether a connection may be made to a literal address. Source of the ranges: the IANA special-purpose address
 * registries (RFC 6890 and its updates). Metadata services open only to a network that names the one address.
 */
export function judgeAddress(address: string, policy: CompiledAddressPolicy): AddressVerdict {
  const parsed = parseAddress(address);
  if (parsed === null) return { allowed: false, reason: 'is not an IP address' };
  return judgeParsed(parsed, policy);
}

function judgeParsed(address: Address, policy: CompiledAddressPolicy): AddressVerdict {
  const metadata = metadataAddresses.some((known) => networkContains(known, address));
  if (metadata) {
    const bits = address.family === 4 ? 32 : 128;
    const named = policy.networks.some((network) => network.prefix === bits && networkContains(network, address));
    return named ? allowed : { allowed: false, reason: 'is a cloud metadata service' };
  }
  const range = forbiddenRange(address);
  if (range === null) return allowed;
  if (range.what === 'loopback' && policy.allowLoopback) return allowed;
  if (!policy.networks.some((network) => networkContains(network, address))) {
    return { allowed: false, reason: `is ${range.what} (${range.cidr})` };
  }
  const embedded = embeddedIpv4(address, range);
  return embedded === null ? allowed : judgeParsed(embedded, policy);
}

function forbiddenRange(address: Address): Range | null {
  const ranges = address.family === 4 ? forbiddenIpv4 : forbiddenIpv6;
  for (const range of ranges) if (networkContains(range, address)) return range;
  if (address.family === 6 && !networkContains(globalUnicast, address)) return elsewhere;
  return null;
}

/** The IPv4 address that a translator or tunnel would forward to. */
function embeddedIpv4(address: Address, range: Range): Address | null {
  if (range.what === '6to4') return { family: 4, value: (address.value >> 80n) & 0xffff_ffffn };
  if (range.what === 'NAT64' || range.what === 'IPv4-compatible') {
    return { family: 4, value: address.value & 0xffff_ffffn };
  }
  return null;
}

function ipv4Value(text: string): bigint {
  return text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);
}

function ipv6Value(text: string): bigint {
  const lastColon = text.lastIndexOf(':');
  const tail = text.slice(lastColon + 1);
  if (isIPv4(tail)) {
    const value = ipv4Value(tail);
    const hex = `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
    return ipv6Value(`${text.slice(0, lastColon + 1)}${hex}`);
  }
  const [head = '', rest] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = rest === undefined || rest === '' ? [] : rest.split(':');
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) + BigInt(`0x${group}`), 0n);
}

function range(cidr: string, what: string): Range {
  const network = parseNetwork(cidr);
  if (network === null) throw new RangeError(cidr);
  return { ...network, cidr, what };
}

const forbiddenIpv4: readonly Range[] = [
  range('0.0.0.0/8', 'this network'),
  range('10.0.0.0/8', 'private'),
  range('100.64.0.0/10', 'shared by a carrier'),
  range('127.0.0.0/8', 'loopback'),
  range('169.254.0.0/16', 'link-local'),
  range('172.16.0.0/12', 'private'),
  range('192.0.0.0/24', 'for protocol assignments'),
  range('192.0.2.0/24', 'for documentation'),
  range('192.88.99.0/24', 'a 6to4 relay'),
  range('192.168.0.0/16', 'private'),
  range('198.18.0.0/15', 'for benchmarks'),
  range('198.51.100.0/24', 'for documentation'),
  range('203.0.113.0/24', 'for documentation'),
  range('224.0.0.0/4', 'multicast'),
  range('255.255.255.255/32', 'broadcast'),
  range('240.0.0.0/4', 'reserved'),
];

const forbiddenIpv6: readonly Range[] = [
  range('::/128', 'unspecified'),
  range('::1/128', 'loopback'),
  range('::/96', 'IPv4-compatible'),
  range('64:ff9b::/96', 'NAT64'),
  range('64:ff9b:1::/48', 'local NAT64'),
  range('100::/64', 'discarded'),
  range('2001::/32', 'Teredo'),
  range('2001:2::/48', 'for benchmarks'),
  range('2001::/23', 'for protocol assignments'),
  range('2001:db8::/32', 'for documentation'),
  range('2002::/16', '6to4'),
  range('3fff::/20', 'for documentation'),
  range('fc00::/7', 'unique local'),
  range('fe80::/10', 'link-local'),
  range('fec0::/10', 'site-local'),
  range('ff00::/8', 'multicast'),
];

const globalUnicast = range('2000::/3', 'global unicast');
const elsewhere: Range = { ...range('::/0', 'not global unicast'), cidr: 'outside 2000::/3' };

/** AWS, ECS, EKS, Google, Azure, Alibaba, Oracle, Scaleway. Azure's is not even in a special range. */
const metadataAddresses: readonly Network[] = [
  range('169.254.169.254/32', 'metadata'),
  range('169.254.170.2/32', 'metadata'),
  range('169.254.170.23/32', 'metadata'),
  range('169.254.42.42/32', 'metadata'),
  range('168.63.129.16/32', 'metadata'),
  range('100.100.100.200/32', 'metadata'),
  range('192.0.0.192/32', 'metadata'),
  range('fd00:ec2::254/128', 'metadata'),
  range('fd00:ec2::23/128', 'metadata'),
  range('fd20:ce::254/128', 'metadata'),
  range('fd00:42::42/128', 'metadata'),
];
