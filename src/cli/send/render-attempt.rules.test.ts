import { expect, test } from 'vitest';
import { createPaint } from '../terminal/paint.rules.ts';
import { type AttemptView, type DeliveryView, renderAttempt } from './render-attempt.rules.ts';

const delivery: DeliveryView = { id: 'dlv_1', eventId: 'evt_1', endpointId: 'ep_1', state: 'pending', attempts: [] };

test.each<[string, Partial<AttemptView>, string]>([
  ['a success', { status: 200 }, '200 in 1.5 s'],
  ['a refusal', { status: 500, error: 'http', errorMessage: 'status 500' }, '500 in 1.5 s'],
  ['no answer', { error: 'connect', errorMessage: 'nothing listens' }, 'connect in 1.5 s (nothing listens)'],
  ['an answer that broke off', { status: 200, error: 'reset', errorMessage: 'cut' }, '200 reset in 1.5 s (cut)'],
])('an attempt says how it ended: %s', (_what, how, text) => {
  const attempt = { number: 2, startedAt: '2026-01-01T00:00:00Z', status: null, error: null, errorMessage: null };
  const line = renderAttempt(delivery, { ...attempt, timing: { totalMs: 1500 }, ...how }, createPaint(false));
  expect(line.split('  ').slice(1)).toEqual(['ep_1', 'attempt 2', text]);
});
