import { type CallCount, createClockWindows, createSlidingWindows } from '../call-windows.rules.ts';
import type { ServedAnswer, ServedRequest } from '../served.ts';
import { docusignError } from './docusign-errors.rules.ts';

const hourMs = 3_600_000;
const burstMs = 30_000;

/** Calls on one envelope: the numbers are not public, so there are none unless they are given. */
export type EnvelopeLimits = {
  hourlyPolling?: number;
  burstPolling?: number;
  hourlyWrites?: number;
  burstWrites?: number;
};

type Options = {
  callsPerHour: number;
  burst: number;
  /** The status of the two limits of an account, which is not in the provider facts. */
  limitStatus: number;
  envelopeLimits: EnvelopeLimits | null;
};

/** Counts a call: what refuses it, if something does, and the headers of its answer. */
export type DocusignLimits = {
  take(
    request: ServedRequest,
    envelopeId: string | null,
  ): { refusal: ServedAnswer | null; headers: Record<string, string> };
};

/** DocuSign's limits: per account and hour, per account and 30 s, and per envelope. See the provider facts. */
export function createDocusignLimits({ callsPerHour, burst, limitStatus, envelopeLimits }: Options): DocusignLimits {
  const hourly = createClockWindows({ limit: callsPerHour, windowMs: hourMs });
  const short = createSlidingWindows({ limit: burst, windowMs: burstMs });
  const hourlyOf = (limit: number | undefined) =>
    limit === undefined ? null : createClockWindows({ limit, windowMs: hourMs });
  const burstOf = (limit: number | undefined) =>
    limit === undefined ? null : createSlidingWindows({ limit, windowMs: burstMs });
  const perEnvelope = {
    GET: [
      { windows: hourlyOf(envelopeLimits?.hourlyPolling), code: 'Hourly_Envelope_Polling_Limit_Exceeded' },
      { windows: burstOf(envelopeLimits?.burstPolling), code: 'Burst_Envelope_Polling_Limit_Exceeded' },
    ],
    PUT: [
      { windows: hourlyOf(envelopeLimits?.hourlyWrites), code: 'Hourly_APIInvocation_Envelope_Limit_Exceeded' },
      { windows: burstOf(envelopeLimits?.burstWrites), code: 'Burst_APIInvocation_Envelope_Limit_Exceeded' },
    ],
  } as const;

  function ofEnvelope({ method, nowMs }: ServedRequest, envelopeId: string): ServedAnswer | null {
    if (method !== 'GET' && method !== 'PUT') return null;
    for (const { windows, code } of perEnvelope[method]) {
      if (windows !== null && !windows.take(envelopeId, nowMs).allowed) {
        return docusignError(400, code, 'Too many calls on this envelope.');
      }
    }
    return null;
  }

  return {
    take(request, envelopeId) {
      const hour = hourly.take('account', request.nowMs);
      const thirty = short.take('account', request.nowMs);
      const headers = limitHeaders(hour, thirty);
      if (!hour.allowed) return { refusal: hourlyExceeded(limitStatus, callsPerHour), headers };
      if (!thirty.allowed) return { refusal: burstExceeded(limitStatus, burst), headers };
      return { refusal: envelopeId === null ? null : ofEnvelope(request, envelopeId), headers };
    },
  };
}

/** The body is in the provider facts, word for word. */
export function hourlyExceeded(status: number, limit: number): ServedAnswer {
  return docusignError(
    status,
    'HOURLY_APIINVOCATION_LIMIT_EXCEEDED',
    `The maximum number of hourly API invocations has been exceeded. The hourly limit is ${limit}.`,
  );
}

/** This one is put together like it. */
function burstExceeded(status: number, limit: number): ServedAnswer {
  return docusignError(
    status,
    'BURST_APIINVOCATION_LIMIT_EXCEEDED',
    `The maximum number of burst API invocations has been exceeded. The burst limit is ${limit}.`,
  );
}

function limitHeaders(hour: CallCount, thirty: CallCount): Record<string, string> {
  return {
    'x-ratelimit-limit': String(hour.limit),
    'x-ratelimit-remaining': String(hour.remaining),
    'x-ratelimit-reset': String(Math.ceil(hour.resetAtMs / 1000)),
    'x-burstlimit-limit': String(thirty.limit),
    'x-burstlimit-remaining': String(thirty.remaining),
  };
}
