import type { ServedAnswer } from './served.ts';

type Headers = Readonly<Record<string, string>>;

export function jsonAnswer(status: number, value: unknown, headers: Headers = {}): ServedAnswer {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body };
}

/** A file as it is downloaded. */
export function fileAnswer(contentType: string, name: string, body: Buffer): ServedAnswer {
  const safeName = name.replaceAll(/[^\w. -]/g, '_');
  return {
    status: 200,
    headers: { 'content-type': contentType, 'content-disposition': `attachment; filename="${safeName}"` },
    body,
  };
}

export function htmlAnswer(status: number, html: string): ServedAnswer {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: Buffer.from(html) };
}

export function redirect(location: string): ServedAnswer {
  return { status: 302, headers: { location }, body: Buffer.alloc(0) };
}

/** An answer with more headers; those that it has already stay. */
export function withHeaders(answer: ServedAnswer, headers: Headers): ServedAnswer {
  return { ...answer, headers: { ...headers, ...answer.headers } };
}

/** Ends the handling of a request with this answer. */
export class AnswerNow extends Error {
  readonly answer: ServedAnswer;

  constructor(answer: ServedAnswer) {
    super(`answers ${answer.status}`);
    this.answer = answer;
  }
}
