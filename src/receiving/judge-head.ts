import type { Clock } from '../clock.ts';
import { networkContains, parseAddress, parseNetwork, type Network } from '../egress/address.rules.ts';
import { mediaTypeOf } from '../events/media-type.rules.ts';
import type { Rejection } from '../providers/provider-profile.ts';
import { reject } from '../providers/signature.rules.ts';
import type { SourceConfig } from '../sources/source-config.ts';
import { type RequestBucket, takeRequest } from './rate-limit.rules.ts';

/** What is known of a request before its body. */
export type RequestHead = {
  method: string;
  /** Who sent it, as far as trusted proxies tell. */
  address: string;
  /** By which name, as far as trusted proxies tell. */
  host: string;
  contentType: string | null;
  contentEncoding: string | null;
  /** Null where the body says itself where it ends. */
  contentLength: number | null;
};

/** Judges requests before anything of their bodies is read. */
export function createHeadJudge(clock: Clock) {
  const networksOf = new WeakMap<SourceConfig, readonly Network[]>();
  const buckets = new Map<string, RequestBucket>();

  const isAllowed = (source: SourceConfig, address: string): boolean => {
    if (source.allowAddresses === null) return true;
    let networks = networksOf.get(source);
    if (networks === undefined) {
      networks = source.allowAddresses.flatMap((cidr) => parseNetwork(cidr) ?? []);
      networksOf.set(source, networks);
    }
    const parsed = parseAddress(address);
    return parsed !== null && networks.some((network) => networkContains(network, parsed));
  };

  return {
    /** Null: as far as its head tells, the source takes it. */
    head(source: SourceConfig, head: RequestHead): Rejection | null {
      if (!isAllowed(source, head.address)) return reject('address_not_allowed', 'Its address is not on the list.');
      if (head.method !== 'POST' && !(head.method === 'GET' && source.profile.handshake !== undefined)) {
        return reject('method_not_taken', `It came by ${head.method.slice(0, 10)}.`);
      }
      if (head.contentEncoding !== null && head.contentEncoding.toLowerCase() !== 'identity') {
        return reject('content_encoding_not_taken', 'It came compressed or otherwise encoded.');
      }
      const { contentTypes } = source.profile;
      const mediaType = mediaTypeOf(head.contentType);
      if (head.method === 'POST' && contentTypes !== null && !contentTypes.includes(mediaType)) {
        return reject('content_type_not_taken', `It came as ${mediaType.slice(0, 80) || 'nothing'}.`);
      }
      return null;
    },

    /** Counts the request against the source's rate. */
    rate(source: SourceConfig): Rejection | null {
      const perSecond = source.ratePerSecond;
      if (perSecond === null) return null;
      const { isTaken, bucket } = takeRequest(buckets.get(source.id), perSecond, clock.now());
      buckets.set(source.id, bucket);
      return isTaken ? null : reject('rate_limited', `The source takes ${perSecond} requests a second.`);
    },
  };
}
