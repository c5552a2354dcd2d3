import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpool } from '../../src/spool/open-spool.ts';
import { nameOf, readTold } from './inbound-requests.ts';

/** Names of the notifications in the spool of a Posthorn that was killed. Reads a copy: nothing is recovered or removed. */
export async function readSpoolLeft(dataFolder: string): Promise<ReadonlySet<string>> {
  const copy = await mkdtemp(join(tmpdir(), 'posthorn-crash-spool-'));
  try {
    await cp(join(dataFolder, 'spool'), copy, { recursive: true });
    const clock = { now: () => Date.now() };
    const spool = await openSpool({ folder: copy, maxBytes: 2 ** 40, clock, onError: () => undefined });
    const records = await spool.peek(1_000_000, 2 ** 40);
    await spool.close();
    return new Set(records.map(({ head, body }) => nameIn(head, body)));
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Bytes of the spool's files. */
export async function measureSpool(dataFolder: string): Promise<number> {
  const folder = join(dataFolder, 'spool');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.segment'));
  const sizes = names.map((name) => stat(join(folder, name)).then(({ size }) => size));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Requests that a drain gave up on: none of what the load sends may be among them. */
export async function countSetAside(dataFolder: string): Promise<number> {
  return (await readdir(join(dataFolder, 'spool-set-aside')).catch(() => [])).length;
}

function nameIn(head: string, body: Buffer): string {
  // A large body is in the blob store; only GoRoute's are large here, and those have an id of their own.
  if (body.length > 0) return readTold(body.toString())?.name ?? 'unknown';
  const { type, origin } = JSON.parse(head) as { type: string; origin: { externalId: string } };
  return nameOf({ event: type, mark: origin.externalId });
}
