import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, symlinkSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../support/until.ts';
import { expectExcerpt } from './excerpt.ts';
import { blockOf, pageAt, root } from './pages.ts';
import { startProgram } from './shell.ts';

const longMs = 900_000;
const page = pageAt('docs/readiness-tutorial.md');
const portsShown = ['8490', '8491', '8492', '8493', '8494', '8495', '8496'];

/** A folder like the clone, without a gateway: the script starts its own. */
async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-docs-'));
  // Run by root, the database has another user, who must be able to pass through.
  await chmod(folder, 0o711);
  for (const name of ['src', 'node_modules', 'package.json']) symlinkSync(join(root, name), join(folder, name));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * For each port of the page another: below those that the system gives to whoever asks for any, since servers of the script
 * end and come back where they were.
 */
async function freePorts(): Promise<Map<string, string>> {
  const ports = new Map<string, string>();
  for (const shown of portsShown) {
    const port = await until('a port that nobody listens on', async () => {
      const drawn = String(randomInt(12_000, 32_000));
      const isTaken = [...ports.values()].includes(drawn) || (await isListenedOn(drawn));
      return isTaken ? null : drawn;
    });
    ports.set(shown, port);
  }
  return ports;
}

/** The share of failed calls depends on how many the gateway made itself. */
function alike(text: string): string {
  return text
    .replaceAll(/\berrorPercent is [\d.]+/g, 'errorPercent is N')
    .replaceAll(/\brelease \d[\w.-]*/g, 'release N');
}

/** Whatever it speaks: nobody else could listen there. */
async function isListenedOn(port: string): Promise<boolean> {
  const server = createServer().listen(Number(port));
  try {
    await once(server, 'listening');
  } catch {
    return true;
  }
  server.close();
  await once(server, 'close');
  return false;
}

it('the script runs as it is written, shows what it says, and leaves nothing running', {
  timeout: longMs,
}, async () => {
  const folder = await openFolder();
  const ports = await freePorts();
  const written = blockOf(page, 'sh', 'tutorial');
  expect([...new Set(written.match(/\b84\d\d\b/g))].toSorted()).toEqual(portsShown);
  const script = written.replaceAll(/\b84\d\d\b/g, (shown) => ports.get(shown) ?? shown);
  // Typed into a shell, as it is pasted.
  const shell = startProgram('bash', ['--noprofile', '--norc'], { cwd: folder });
  onTestFinished(shell.stop);
  // Not before all that it printed is here.
  const ended = once(shell.child, 'close');
  shell.child.stdin?.end(`${script}\nexit\n`);
  const [code] = (await ended) as [number | null];
  expect([code, shell.output()]).toEqual([0, shell.output()]);
  expectExcerpt(alike(shell.output()), alike(blockOf(page, 'text', 'printed')));
  for (const port of ports.values())
    await until(`nothing to listen on ${port}`, async () => !(await isListenedOn(port)));

  const file = (name: string): string => readFileSync(join(folder, 'tutorial/readiness', name), 'utf8');
  const received = file('received').trim().split('\n');
  const events = received.map((line) => JSON.parse(line) as { type: string; data: Record<string, unknown> });
  const of = (type: string) => events.filter((event) => event.type === type).map(({ data }) => data);
  expect(of('posthorn.review.reopened')).toMatchObject([
    {
      name: 'Launch',
      was: 'promoted',
      because: expect.stringMatching(/^errorPercent is .*team\.support-briefed is stale/),
    },
  ]);
  expect(of('posthorn.launch.limit_crossed')).toMatchObject([
    { threshold: 'errorPercent', limit: 10, action: 'Roll back.' },
  ]);
  // One byte is all that the changed certificate differs in.
  const [whole, others] = [
    Buffer.from(file('certificate/certificate.json')),
    Buffer.from(file('elsewhere/certificate.json')),
  ];
  expect(others.length).toBe(whole.length);
  expect(whole.filter((byte, at) => byte !== others[at])).toHaveLength(1);
  for (const name of ['data/operator-key', 'secret', 'goroute-key']) {
    expect(shell.output()).not.toContain(file(name).trim());
  }
});
