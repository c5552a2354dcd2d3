import { cutLines } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { readableDuration, readableSize, readableTime } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Answer } from './choose-answer.rules.ts';
import type { ReceivedWebhook } from './inbox-server.ts';
import type { Verdict } from './verify-webhook.rules.ts';

const indent = ' '.repeat(10);

/** A webhook as lines for a person: a heading, where it went, the body pretty-printed and cut. */
export function renderWebhook(
  webhook: ReceivedWebhook,
  style: { paint: Paint; width: number; full: boolean },
): string[] {
  const { paint } = style;
  const heading = [
    `${paint.dim(readableTime(webhook.atMs))}  ${paint.bold(safeText(webhook.eventType ?? 'no event type', 'one line'))}`,
    `attempt ${webhook.attempt}`,
    describeAnswer(webhook.answer, paint),
    describeVerdict(webhook.verdict, paint),
  ].join('  ');
  const where = [webhook.id ?? 'no webhook-id', webhook.path, readableSize(webhook.body.length)];
  const width = Math.max(20, style.width - indent.length);
  const limits = style.full ? { most: Number.POSITIVE_INFINITY, width: Number.POSITIVE_INFINITY } : { most: 16, width };
  const lines = [
    ...(webhook.verdict.state === 'wrong' ? [paint.red(webhook.verdict.why)] : []),
    paint.dim(safeText(where.join('  '), 'one line')),
    ...cutLines(prettyBody(webhook), limits),
  ];
  return [heading, ...lines.map((line) => indent + line)];
}

/** A webhook as one line of JSON for a program. A body that is no UTF-8 comes as base64. */
export function webhookAsJson(webhook: ReceivedWebhook): string {
  const text = utf8(webhook.body);
  return JSON.stringify({
    receivedAt: new Date(webhook.atMs).toISOString(),
    id: webhook.id,
    eventType: webhook.eventType,
    attempt: webhook.attempt,
    path: webhook.path,
    signature: webhook.verdict.state,
    ...(webhook.verdict.state === 'wrong' ? { why: webhook.verdict.why } : {}),
    answer: webhook.answer.status,
    headers: Object.fromEntries(Object.entries(webhook.headers).map(([name, values]) => [name, values?.join(', ')])),
    ...(text === null ? { bodyBase64: webhook.body.toString('base64') } : { body: text }),
  });
}

function describeVerdict(verdict: Verdict, paint: Paint): string {
  switch (verdict.state) {
    case 'verified':
      return paint.green('verified ✓');
    case 'wrong':
      return paint.red('verified ✗');
    case 'unchecked':
      return paint.yellow('signed, not checked');
    case 'unsigned':
      return paint.yellow('unsigned');
  }
}

function describeAnswer(answer: Answer, paint: Paint): string {
  const wait = answer.hangMs === 0 ? '' : ` after ${readableDuration(answer.hangMs)}`;
  const text = `→ ${answer.status}${wait}`;
  return answer.status >= 200 && answer.status < 300 ? text : paint.red(text);
}

function prettyBody(webhook: ReceivedWebhook): string {
  if (webhook.body.length === 0) return '(empty)';
  const text = utf8(webhook.body);
  if (text === null) return `(${readableSize(webhook.body.length)} that are no text)`;
  try {
    return safeText(JSON.stringify(JSON.parse(text), null, 2), 'lines');
  } catch {
    return safeText(text.trimEnd(), 'lines');
  }
}

function utf8(body: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return null;
  }
}
