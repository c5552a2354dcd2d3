import type { FastifyError } from 'fastify';
import { isDatabaseOutage } from '../database/database-outage.rules.ts';
import { Problem, type ProblemCode } from '../problem.ts';
import { explainFaults } from './validation-errors.rules.ts';

/** What Fastify refuses by itself, in our codes. */
const fastifyCodes: Readonly<Record<string, { code: ProblemCode; detail: string }>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'invalid_json', detail: 'The body is not valid JSON.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'invalid_json', detail: 'The content type is JSON, but the body is empty.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    detail: 'The Content-Type is none that this path takes; most paths take application/json.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'invalid_request',
    detail: 'The body is not as long as its Content-Length says.',
  },
  FST_ERR_BAD_URL: { code: 'invalid_request', detail: 'The path is not valid percent-encoding.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not_found', detail: 'A part of the path is too long to name anything.' },
};

const outageRetrySeconds = 2;

/**
 * Every error as the problem that its caller may see. What is unknown becomes `internal`, without a detail of it.
 * @param bodyMaxBytes what the path takes.
 */
export function translateError(error: unknown, bodyMaxBytes?: number): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof Error)) return internal(error);
  const { code, validation, statusCode } = error as Partial<FastifyError>;
  if (validation !== undefined) return invalidRequest(error as FastifyError);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(bodyMaxBytes);
  const known = code === undefined ? undefined : fastifyCodes[code];
  if (known !== undefined) return new Problem(known.code, known.detail);
  if (error instanceof SyntaxError && statusCode === 400) {
    return new Problem('invalid_json', 'The body is not valid JSON, or has a key that is not taken.');
  }
  if (isDatabaseOutage(error)) {
    return new Problem(
      'database_unavailable',
      'The database is out of reach; nothing was changed for certain. Try again.',
      {
        retryAfterSeconds: outageRetrySeconds,
        cause: error,
      },
    );
  }
  // PostgreSQL stores no U+0000, neither in text nor in jsonb.
  if (code === '22021' || code === '22P05') return new Problem('invalid_request', 'A text holds the character U+0000.');
  return internal(error);
}

function bodyTooLarge(maxBytes: number | undefined): Problem {
  const most = maxBytes === undefined ? '' : `, which is ${maxBytes} bytes`;
  return new Problem('payload_too_large', `The body is larger than this path takes${most}.`);
}

function internal(cause: unknown): Problem {
  return new Problem('internal', 'Posthorn failed at this request; its log says why, under the id in `instance`.', {
    cause,
  });
}

function invalidRequest(error: FastifyError): Problem {
  const { validationContext, validation = [] } = error;
  const inBody = validationContext === 'body';
  const where = inBody ? 'The body' : validationContext === 'querystring' ? 'The query' : 'The request';
  return new Problem('invalid_request', `${where} is not as it should be; each error says where.`, {
    errors: explainFaults(validation, inBody),
  });
}
