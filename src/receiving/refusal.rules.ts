import { Problem } from '../problem.ts';
import type { Rejection, RejectionReason } from '../providers/provider-profile.ts';

const verifying = 'The request could not be verified. The rejections of the source say why.';

const codes = {
  signature_missing: 'invalid_signature',
  signature_repeated: 'invalid_signature',
  signature_malformed: 'invalid_signature',
  signature_mismatch: 'invalid_signature',
  timestamp_missing: 'invalid_signature',
  timestamp_malformed: 'invalid_signature',
  timestamp_outside_tolerance: 'invalid_signature',
  body_unreadable: 'invalid_signature',
  credentials_expired: 'invalid_signature',
  address_not_allowed: 'forbidden',
  rate_limited: 'rate_limited',
  body_too_large: 'payload_too_large',
  content_type_not_taken: 'unsupported_media_type',
  content_encoding_not_taken: 'unsupported_media_type',
  method_not_taken: 'method_not_allowed',
} as const satisfies Record<RejectionReason, string>;

/**
 * What the sender of a refused request hears. Why a signature did not fit is told to the source's team alone: the
 * sender may be somebody who is trying signatures.
 */
export function refusalOf({ reason, detail }: Rejection, source: { ratePerSecond: number | null }): Problem {
  const code = codes[reason];
  if (code === 'invalid_signature') return new Problem('invalid_signature', verifying);
  if (code === 'forbidden') return new Problem(code, 'This source does not take requests from this address.');
  if (code !== 'rate_limited') return new Problem(code, detail);
  return new Problem(code, detail, { retryAfterSeconds: Math.ceil(1 / (source.ratePerSecond ?? 1)) });
}
