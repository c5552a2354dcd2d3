import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readConfig } from '../config.ts';
import { start } from '../main.ts';
import { runDemo } from './demo.ts';
import { examine } from './doctor.ts';
import { obedient } from './inbox/choose-answer.rules.ts';
import { type ReceivedWebhook, startInboxServer } from './inbox/inbox-server.ts';
import { createApiClient } from './api/api-client.ts';
import { runSend } from './send.ts';
import { createPaint } from './terminal/paint.rules.ts';
import type { Terminal } from './terminal/terminal.ts';

function recordTerminal(): Terminal & { lines: string[] } {
  const lines: string[] = [];
  const record = (line: string): void => void lines.push(line);
  return { out: record, err: record, paint: createPaint(false), width: 80, lines };
}

test('the demo plays to its end on a real Posthorn, at 80 columns', async () => {
  const terminal = recordTerminal();
  expect(await runDemo(terminal, new Promise(() => undefined))).toBe(0);
  const story = terminal.lines.join('\n');
  expect(story).toMatch(/DOCUMENT_COMPLETED +200[\s\S]*attempt 1 {2}200[\s\S]*"seenAgain":\{"count":1\}/);
  expect(story).toMatch(/DOCUMENT_COMPLETED +401[\s\S]*signature_mismatch/);
  expect(story).toMatch(/attempt 1 {2}503[\s\S]*attempt 2 {2}200/);
  expect(story).toMatch(/attempt 1 {2}500[\s\S]*attempt 2 {2}500[\s\S]*attempt 3 {2}500/);
  expect(story).toMatch(/dead letter[\s\S]*attempt 4 {2}200/);
  expect(story).toContain('Every step truly happened');
  expect(terminal.lines.filter((line) => line.length > 80)).toEqual([]);
}, 90_000);

test.each([
  ['while it starts', 'Starting'],
  ['in the middle of an act', 'has it signed'],
  ['while a retry is awaited', 'attempt 1  503'],
])(
  'a demo that is interrupted %s fails and leaves nothing behind',
  async (_when, line) => {
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-interrupted-'));
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true, force: true });
    });
    const interrupted = Promise.withResolvers<void>();
    const terminal = recordTerminal();
    const out = (printed: string): void => {
      if (printed.includes(line)) interrupted.resolve();
    };
    const played = runDemo({ ...terminal, out }, interrupted.promise);
    await expect(played).rejects.toMatchObject({ what: 'the demo was interrupted' });
    expect((await readdir(folder)).filter((name) => name.startsWith('posthorn-demo-'))).toEqual([]);
  },
  60_000,
);

test('send registers, follows and tells the truth about a real delivery', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-send-'));
  const { config } = readConfig({ PORT: '0', POSTHORN_DATA: folder, POSTHORN_LOG_LEVEL: 'silent' });
  if (config === null) throw new Error('the configuration is not valid');
  const posthorn = await start(config);
  const received: ReceivedWebhook[] = [];
  const inbox = await startInboxServer({
    host: '127.0.0.1',
    port: 0,
    verification: () => ({ scheme: 'standard-webhooks', header: '', secrets: [] }),
    plan: () => ({ ...obedient, failFirst: 1 }),
    onReceived: (webhook) => void received.push(webhook),
    onAnswered: () => undefined,
  });
  onTestFinished(async () => {
    await inbox.stop();
    await posthorn.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const key = posthorn.operatorKey ?? '';
  const api = createApiClient({ url: posthorn.url, key });
  const team = await api.request<{ id: string }>('POST', '/v1/teams', { name: 'Acme' });
  await api.request('POST', `/v1/teams/${team.id}/event-types`, { name: 'invoice.paid' });
  await api.request('POST', `/v1/teams/${team.id}/endpoints`, {
    url: inbox.url,
    eventTypes: ['*'],
    retry: { scheduleSeconds: [1], timeoutMs: 5000 },
  });

  const terminal = recordTerminal();
  const options = { url: posthorn.url, key, data: '{"n": 1.10}', register: true, wait: true, timeout: 20 } as const;
  expect(await runSend('invoice.sent', options, terminal)).toBe(0);
  expect(terminal.lines.join('\n')).toMatch(/accepted[\s\S]*attempt 1 {2}500[\s\S]*attempt 2 {2}200[\s\S]*succeeded/);
  expect(received.map(({ eventType, attempt }) => [eventType, attempt])).toEqual([
    ['invoice.sent', 1],
    ['invoice.sent', 2],
  ]);
  expect(received[0]?.body.toString()).toContain('{"n": 1.10}');

  const port = new URL(posthorn.url).port;
  const findings = await examine(readConfig({ PORT: port, POSTHORN_DATA: folder }));
  expect(findings.filter(({ state }) => state === 'FAIL')).toEqual([]);
  expect(findings.find(({ check }) => check === 'ready')?.state).toBe('OK');
}, 90_000);
