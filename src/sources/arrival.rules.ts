import { compileAddressPolicy, judgeAddress, parseAddress } from '../egress/address.rules.ts';

/** A verified request, as the receiving path notes it. */
export type Arrival = {
  /** Who sent it, as far as trusted proxies tell. */
  address: string;
  /** By which name it came, as far as trusted proxies tell; with the port where it is named. */
  host: string;
  /** Null: it went to the spool, and has no id yet. */
  eventId: string | null;
};

/** `outside`: from an address that the public internet routes; `loopback`: from this machine; `inside`: from any other. */
export type ArrivalOrigin = 'outside' | 'inside' | 'loopback';

/** What is stored of one: of a sender outside its network alone, and of others nothing. */
export type StoredArrival = { atMs: number; host: string; network: string | null; eventId: string | null };

const onlyPublic = compileAddressPolicy({ allowLoopback: false, allowedNetworks: [] });
const orLoopback = compileAddressPolicy({ allowLoopback: true, allowedNetworks: [] });
const hostMaxLength = 255;
/** What a provider has for itself, and no single machine: a /24, and a /48 of IPv6. */
const keptBits = { 4: 24, 6: 48 } as const;

export function originOf(address: string): ArrivalOrigin {
  if (judgeAddress(address, onlyPublic).allowed) return 'outside';
  return judgeAddress(address, orLoopback).allowed ? 'loopback' : 'inside';
}

/** The network of an address, as CIDR; null when it is none. */
export function networkOfSender(address: string): string | null {
  const parsed = parseAddress(address);
  if (parsed === null) return null;
  const { family, value } = parsed;
  const bits = family === 4 ? 32 : 128;
  const dropped = BigInt(bits - keptBits[family]);
  const masked = (value >> dropped) << dropped;
  const groups = family === 4 ? 8n : 16n;
  const parts = Array.from({ length: family === 4 ? 4 : 3 }, (_, index) => {
    const part = (masked >> (BigInt(bits) - groups * BigInt(index + 1))) & ((1n << groups) - 1n);
    return part.toString(family === 4 ? 10 : 16);
  });
  return family === 4 ? `${parts.join('.')}/${keptBits[4]}` : `${parts.join(':')}::/${keptBits[6]}`;
}

export function storedArrival(
  { address, host, eventId }: Arrival,
  atMs: number,
): { origin: ArrivalOrigin; arrival: StoredArrival } {
  const origin = originOf(address);
  const network = origin === 'outside' ? networkOfSender(address) : null;
  return { origin, arrival: { atMs, host: host.slice(0, hostMaxLength), network, eventId } };
}

/** Whether it came by the name of the URL that providers are given. A port that its scheme has anyway need not be named. */
export function isByName(host: string, publicUrl: string): boolean {
  const known = new URL(publicUrl);
  const given = `${known.protocol}//${host}`;
  return URL.canParse(given) && new URL(given).host === known.host;
}
