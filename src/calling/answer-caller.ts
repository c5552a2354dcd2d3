import { AnswerCapture } from './answer-capture.ts';
import type { AnswerTaker } from './attempt.ts';
import type { Call } from './call.ts';
import { decodeBody, parseJson } from './decode-body.ts';
import { heedLimits } from './heed-limits.ts';
import { keepAnswer, keptMostBytes } from './kept-answers.ts';
import type { KeptAnswer } from './policy/answer-cache.ts';
import { responseHeaders } from './policy/header.rules.ts';
import { maskBody } from './policy/mask-body.rules.ts';
import { posthornHeaders } from './posthorn-headers.ts';
import { headerOf, rateHeadersOf } from './rate-headers.rules.ts';

/** Of an answer that may show a subject to be completed. */
const observedMostBytes = 262_144;
/** A larger one is not masked for the ledger. */
const maskedMostBytes = 1_048_576;

/** Hands the provider's answer on to the caller, and looks at it as it passes. */
export type AnswerPasser = AnswerTaker & {
  /** The head of the answer that is the last. Throws when HTTP cannot carry it. */
  begin(status: number, headers: readonly string[]): void;
  /** The whole answer has passed: what it tells is remembered. */
  learn(): void;
  /** Gives back what it holds. */
  release(): void;
};

/** @param call answers of 400 and above are held back, since another try may follow */
export function createAnswerPasser(call: Call): AnswerPasser {
  const { state, record, incoming, calling } = call;
  const { profile } = state.config;
  const { answer } = incoming;
  let capture: AnswerCapture | null = null;
  let passed: readonly string[] = [];

  const begin = (status: number, headers: readonly string[]): void => {
    passed = responseHeaders(headers);
    const own = posthornHeaders(call);
    // RFC 9110, section 8.6: a 204 has no Content-Length, but some servers send one.
    answer.head(status, status === 204 ? without(passed, 'content-length').concat(own) : passed.concat(own));
    record.answered = status;
    const mostBytes = capturedMostBytes(call, status, passed);
    if (mostBytes > 0) capture = new AnswerCapture(mostBytes, calling.room);
  };

  return {
    begin,
    head(status, headers) {
      record.status = status;
      const told = rateHeadersOf(headers);
      record.rateHeaders = told;
      if (told !== null) heedLimits(call, status, told);
      if (status >= 400) return false;
      begin(status, headers);
      return true;
    },
    data(chunk) {
      record.responseBytes += chunk.length;
      const isKept = capture?.add(chunk) ?? false;
      return answer.data(chunk, !isKept);
    },
    end: (trailers) => answer.end(trailers),
    learn() {
      const body = capture?.whole() ?? null;
      if (body === null || record.status === null) return;
      const { policy } = state.config;
      if (policy.ledger.bodies === 'masked') {
        const plain = decodeBody(body, headerOf(passed, 'content-encoding'), maskedMostBytes);
        record.responseBody =
          plain === null ? null : maskBody(plain, headerOf(passed, 'content-type'), policy.ledger.maxBytes);
      }
      if (mayComplete(call, record.status, passed)) {
        const plain = decodeBody(body, headerOf(passed, 'content-encoding'), observedMostBytes);
        const parsed = plain === null ? null : parseJson(plain);
        const subject = plain === null ? null : profile.completedBy(call.request, parsed);
        const parts = plain === null ? [] : (profile.parts?.completedBy(call.request, parsed) ?? []);
        for (const each of subject === null ? parts : [subject, ...parts]) state.completed(each);
      }
      const keptMost = keptMostBytes(call, record.status);
      if (body.length <= keptMost) {
        void keepAnswer(call, passed, body).catch((error: unknown) => calling.ports.onError('answer cache', error));
      }
    },
    release() {
      capture?.release();
      capture = null;
    },
  };
}

/** Answers with what was kept of an earlier answer. */
export function answerFromMemory(call: Call, kept: KeptAnswer, cache: 'hit' | 'served'): void {
  const { answer } = call.incoming;
  call.record.cache = cache;
  call.record.answered = kept.status;
  answer.head(kept.status, [...kept.headers, ...posthornHeaders(call, kept.storedAtMs)]);
  answer.data(kept.body, false);
  answer.end([]);
  call.record.responseBytes = kept.body.length;
}

function capturedMostBytes(call: Call, status: number, headers: readonly string[]): number {
  const { policy } = call.state.config;
  const kept = keptMostBytes(call, status);
  const masked = policy.ledger.bodies === 'masked' && isText(headers) ? maskedMostBytes : 0;
  return Math.max(kept, masked, mayComplete(call, status, headers) ? observedMostBytes : 0);
}

function mayComplete({ state, request, operation }: Call, status: number, headers: readonly string[]): boolean {
  const { profile, policy } = state.config;
  if (status !== 200 || request.method !== 'GET' || policy.cache.maxBytes === 0) return false;
  if (profile.completionEvents.length === 0 || !isText(headers)) return false;
  // A webhook tells of the whole, and its parts are named by an answer alone.
  return operation.subject === null || profile.parts !== undefined || !state.isKnownCompleted(operation.subject);
}

function isText(headers: readonly string[]): boolean {
  return /json|x-www-form-urlencoded/i.test(headerOf(headers, 'content-type') ?? '');
}

function without(flat: readonly string[], name: string): string[] {
  return flat.filter((_, index) => flat[index - (index % 2)] !== name);
}
