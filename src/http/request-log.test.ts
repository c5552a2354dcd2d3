import type { FastifyReply, FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { logAnswer } from './request-log.ts';

function logged(reply: { statusCode: number; elapsedTime: number }) {
  const lines: { level: string; fields: Record<string, unknown> }[] = [];
  const at = (level: string) => (fields: object) => void lines.push({ level, fields: { ...fields } });
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const request = { id: 'req_1', method: 'GET', routeOptions: { url: '/egress/:connection/*' }, actor: null };
  logAnswer(log, request as unknown as FastifyRequest, reply as FastifyReply);
  return lines;
}

test('an answer that failed or was slow is a line, with its time', () => {
  expect(logged({ statusCode: 502, elapsedTime: 12.4 })).toMatchObject([{ level: 'warn', fields: { durationMs: 12 } }]);
  expect(logged({ statusCode: 200, elapsedTime: 1_500 })).toMatchObject([
    { level: 'info', fields: { durationMs: 1_500 } },
  ]);
  expect(logged({ statusCode: 200, elapsedTime: 999 })).toEqual([]);
});

test('a time that was not measured is left out, and not told as 0 ms', () => {
  const [line] = logged({ statusCode: 504, elapsedTime: 0 });
  expect([line?.level, line?.fields['durationMs']]).toEqual(['warn', undefined]);
});
