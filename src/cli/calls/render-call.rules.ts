import { cutLine, padVisible } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { readableDuration, readableSize, readableTime } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import { renderFields } from '../sources/render-source.rules.ts';
import type { CallAnswer, CallDetailAnswer } from './call-answers.ts';

type Look = { paint: Paint; width: number };

type Cells = {
  time: string;
  status: string;
  took: string;
  operation: string;
  request: string;
  notes: string;
  id: string;
};

const gap = '  ';
const [timeWidth, statusWidth, tookWidth, operationMost, idWidth] = [8, 20, 8, 24, 31];
/** A request is not cut below this for the sake of what is said beside it. */
const requestLeast = 12;

/** The headings of a table of calls. */
export function renderCallHeadings(look: Look): string {
  const headings = { time: 'TIME', status: 'STATUS', took: 'TOOK', operation: 'OPERATION', request: 'REQUEST' };
  return look.paint.dim(inColumns({ ...headings, notes: '', id: 'CALL' }, look));
}

/** One call as a line; its id only stands where there is room for it. */
export function renderCall(call: CallAnswer, look: Look): string {
  return inColumns(
    {
      time: readableTime(Date.parse(call.startedAt)),
      status: paintStatus(call, look.paint),
      took: call.totalMs === null ? '' : readableDuration(call.totalMs),
      operation: safeText(call.operation, 'one line'),
      request: safeText(`${call.method} ${call.path}`, 'one line'),
      notes: notesOf(call),
      id: look.paint.dim(call.id),
    },
    look,
  );
}

/** Operation and request share what the others leave; what is to be noted stands at the request's end. */
function inColumns({ time, status, took, operation, request, notes, id }: Cells, { paint, width }: Look): string {
  const fixed = timeWidth + statusWidth + tookWidth + gap.length * 4;
  const showsId = width - fixed - idWidth - gap.length >= operationMost + 24;
  const room = Math.max(20, width - fixed - (showsId ? idWidth + gap.length : 0));
  const operationWidth = Math.min(operationMost, Math.floor(room * 0.4));
  const requestWidth = room - operationWidth;
  const besideNotes = requestWidth - notes.length - gap.length;
  const shown =
    notes === '' || besideNotes < requestLeast
      ? cutRequest(request, requestWidth)
      : `${cutRequest(request, besideNotes)}${gap}${paint.yellow(notes)}`;
  return [
    padVisible(time, timeWidth),
    padVisible(status, statusWidth),
    padVisible(took, tookWidth),
    padVisible(cutLine(operation, operationWidth), operationWidth),
    padVisible(shown, requestWidth),
    ...(showsId ? [id] : []),
  ]
    .join(gap)
    .trimEnd();
}

/** Calls of one account begin alike: of a request that is too long the method and the path's end are shown. */
export function cutRequest(request: string, width: number): string {
  if (Array.from(request).length <= width) return request;
  const [, method = '', path = '', query = ''] = /^(\S+) ([^?]*)(.*)$/.exec(request) ?? [];
  const characters = Array.from(query === '' ? path : `${path}?…`);
  const room = width - method.length - 1;
  if (method === '' || room < requestLeast) return cutLine(request, width);
  return `${method} ${characters.length <= room ? characters.join('') : `…${characters.slice(1 - room).join('')}`}`;
}

/** `200`, `429 http`, `timeout`, `running`. */
function statusOf(call: CallAnswer): string {
  if (call.outcome === 'running' || call.outcome === 'unknown') return call.outcome;
  return [call.status ?? '', call.error ?? ''].filter((part) => part !== '').join(' ') || `${call.answered}`;
}

function paintStatus(call: CallAnswer, paint: Paint): string {
  const status = safeText(cutLine(statusOf(call), statusWidth), 'one line');
  if (call.outcome === 'succeeded') return paint.green(status);
  return call.outcome === 'failed' ? paint.red(status) : paint.yellow(status);
}

function notesOf(call: CallAnswer): string {
  const tries = call.tryCount ?? 0;
  return [
    ...(call.cache === null ? [] : [call.cache === 'hit' ? 'from the cache' : 'served again']),
    ...(call.polling === 'violation' ? ['polling'] : []),
    ...(tries > 1 ? [`${tries} tries`] : []),
  ].join(', ');
}

/** Everything that is on record of a call. */
export function renderCallDetail(call: CallDetailAnswer, look: Look): string[] {
  const fields: (readonly [string, string | null])[] = [
    ['call', call.id],
    ['connection', `${call.connectionId} (${call.provider}, ${call.environment})`],
    ['made by', call.origin === 'egress' ? (call.apiKeyId ?? 'the operator') : `Posthorn: ${call.origin}`],
    ['at', call.endedAt === null ? call.startedAt : `${call.startedAt}, ended ${call.endedAt}`],
    ['operation', `${call.operation}  ${call.template}`],
    ['request', `${call.method} ${call.path}`],
    ['subject', call.subject],
    ['outcome', call.outcome],
    ['status', call.status === null ? 'none came' : String(call.status)],
    ['answered', call.answered === null ? null : String(call.answered)],
    ['error', call.error === null ? null : [call.error, call.errorCode ?? ''].join(' ').trim()],
    ['tries', call.tries.map(renderTry).join('\n')],
    ['timing', renderTiming(call.timing)],
    ['bytes', renderBytes(call)],
    ['cache', call.cache],
    ['polling', call.polling],
    ['repeats', call.repeats === null ? null : renderRepeats(call.repeats)],
    ['credential', call.credentialKind === null ? null : `${call.credentialKind} ${call.credentialId ?? ''}`.trim()],
    ['limits', renderHeaders(call.rateHeaders)],
    ['sent', call.requestBody?.content ?? null],
    ['received', call.responseBody?.content ?? null],
  ];
  const known = fields.flatMap(([label, value]) =>
    value === null || value === '' ? [] : [[label, safeText(value, 'lines')] as const],
  );
  return renderFields(known, look);
}

function renderTry(each: CallDetailAnswer['tries'][number]): string {
  return `${each.at}  ${each.status ?? each.error ?? 'no answer'}  ${readableDuration(each.durationMs)}`;
}

const parts = {
  queueMs: 'waited',
  dnsMs: 'dns',
  connectMs: 'connect',
  tlsMs: 'tls',
  firstByteMs: 'first byte',
} as const;

function renderTiming(timing: CallDetailAnswer['timing']): string {
  const told = Object.entries(parts).flatMap(([name, label]) => {
    const ms = timing[name as keyof typeof parts];
    return ms === null ? [] : [`${label} ${readableDuration(ms)}`];
  });
  return timing.totalMs === null ? '' : [`${readableDuration(timing.totalMs)} in all`, ...told].join(', ');
}

function renderBytes(call: CallAnswer): string {
  if (call.requestBytes === null || call.responseBytes === null) return '';
  return `${readableSize(call.requestBytes)} sent, ${readableSize(call.responseBytes)} received`;
}

function renderRepeats({ callId, agoMs, pattern }: NonNullable<CallDetailAnswer['repeats']>): string {
  return `${callId}, ${readableDuration(agoMs)} before (${pattern})`;
}

function renderHeaders(headers: Record<string, string> | null): string {
  return Object.entries(headers ?? {})
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}
