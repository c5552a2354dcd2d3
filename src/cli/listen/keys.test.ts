import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  folderForTest,
  listen,
  type ListeningStand,
  openListeningStand,
  type Run,
} from '../../../tests/listening/listening-stand.ts';
import { type JournalReceiver, startReceiver } from '../../../tests/support/journal-receiver.ts';
import { until } from '../../../tests/support/until.ts';
import type { ListenOptions } from '../listen.ts';

let stand: ListeningStand;
let receiver: JournalReceiver;
let team: string;
let settingsFolder: string;

beforeAll(async () => {
  receiver = await startReceiver();
  stand = await openListeningStand();
});
beforeEach(async () => {
  team = await stand.api.createTeam();
  settingsFolder = await folderForTest();
});
afterAll(async () => {
  await stand.close();
  await receiver.close();
});

/** Runs it on a terminal and waits until it is connected. */
async function connected(options: Partial<ListenOptions> = {}): Promise<Run> {
  const given = { url: stand.url, key: stand.api.operatorKey, team, ...options };
  const running = listen(given, { settingsFolder, console: true, width: 100 });
  await Promise.race([running.ended, until('it to listen', () => running.out.length > 0)]);
  return running;
}
const secretOf = ({ out }: Run): string => /^signed with (whsec_\S+)$/m.exec(out.join('\n'))?.[1] ?? '';
const rowsOf = ({ out }: Run): string[] => out.filter((line) => /^\d\d:\d\d:\d\d /.test(line));

describe('keys on a terminal', () => {
  test('r sends the last event again, f the last failed one, as further attempts', async () => {
    const path = 'hook';
    const url = receiver.url(path);
    let fails = true;
    receiver.behave(path, () => (fails ? 500 : 200));
    const running = await connected({ forward: url });
    for (const key of ['r', 'f']) running.press(key);
    expect(running.err).toEqual(['no event has come yet', 'no event has failed']);
    const failed = await stand.commit(team);
    await until('the row', () => rowsOf(running).length === 1);
    fails = false;
    const last = await stand.commit(team);
    await until('the row', () => rowsOf(running).length === 2);
    for (const [count, key] of ['r', 'f', 'r'].entries()) {
      running.press(key);
      await until('the row', () => rowsOf(running).length === 3 + count);
    }
    expect(receiver.of(path).map(({ eventId, attempt, status }) => [eventId, attempt, status])).toEqual([
      [failed, 1, 500],
      [last, 1, 200],
      [last, 2, 200],
      [failed, 2, 200],
      [last, 3, 200],
    ]);
    running.press('f');
    expect(running.err.at(-1)).toBe('no event has failed');
    running.press('?');
    expect(running.err.at(-1)).toContain('r sends the last event again');
    const stamped = receiver.of(path).map(({ headers }) => headers['webhook-signature']);
    expect(
      new Webhook(secretOf(running)).sign(last, timeOf(receiver.of(path)[4]), receiver.of(path)[4]?.body ?? ''),
    ).toBe(stamped[4]);
  });

  test.each(['q', '\u0003', '\u0004'])('%j ends it and gives the terminal back', async (key) => {
    const running = await connected();
    running.press(`x${key}`);
    expect(await running.ended).toBe(0);
    expect(running.rawModes).toEqual([true, false]);
  });

  test('a line below the table says how things stand, and is out of the way of rows', async () => {
    const running = await connected();
    await stand.commit(team);
    await until('the row', () => rowsOf(running).length === 1);
    running.press('f');
    expect(running.err.at(-1)).toBe('nothing is forwarded; name a URL with --forward');
    await until('the count', () => running.drawn().includes('connected  1 event  ? shows the keys'));
    await running.stop();
    expect(running.drawn().endsWith('\r\u001B[2K')).toBe(true);
  });
});

function timeOf(reception: { headers: { [name: string]: string | string[] | undefined } } | undefined): Date {
  return new Date(Number(reception?.headers['webhook-timestamp']) * 1000);
}
