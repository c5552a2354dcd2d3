import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPosthorn } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';
import { root } from './pages.ts';

export type Attempt = {
  status: number | null;
  request: { headers: { name: string; value: string }[]; body: { content: string } };
};
type Delivery = { id: string; state: string; attempts: Attempt[] };

/** What a reader has after `npm start`: a folder like the clone, a Posthorn with its data in it, and its key. */
export async function openStage() {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-docs-'));
  // Run by root, the database has another user, who must be able to pass through.
  await chmod(folder, 0o711);
  for (const name of ['src', 'node_modules', 'package.json']) symlinkSync(join(root, name), join(folder, name));
  const posthorn = await startPosthorn({
    dataFolder: join(folder, 'data'),
    env: { POSTHORN_OPERATOR_KEY: '', POSTHORN_SHUTDOWN_SECONDS: '2' },
    deadlineMs: 90_000,
  });
  const key = readFileSync(join(folder, 'data', 'operator-key'), 'utf8').trim();
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as { port: number };

  const call = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const response = await fetch(posthorn.url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  };

  const succeeded = (teamId: string): Promise<Delivery> =>
    until(
      'a delivery to succeed',
      async () => {
        const { data } = await call<{ data: Delivery[] }>('GET', `/v1/teams/${teamId}/deliveries?state=succeeded`);
        const [first] = data;
        return first && call<Delivery>('GET', `/v1/teams/${teamId}/deliveries/${first.id}`);
      },
      { deadlineMs: 60_000 },
    );

  return {
    url: posthorn.url,
    key,
    folder,
    call,
    succeeded,
    /** A folder for a program of the docs: packages are found from it. */
    workFolder(name: string): string {
      const path = join(folder, 'work', name);
      mkdirSync(path, { recursive: true });
      return path;
    },
    /** A team as the quickstart leaves it: an event type, an endpoint that answers, one event that arrived. */
    async makeTeam(secret?: string) {
      const { id: team } = await call<{ id: string }>('POST', '/v1/teams', { name: 'Acme' });
      const path = `/v1/teams/${team}`;
      await call('POST', `${path}/event-types`, { name: 'invoice.paid', example: { invoice: 'INV-1' } });
      const endpoint = await call<{ id: string }>('POST', `${path}/endpoints`, {
        url: `http://127.0.0.1:${port}/webhooks`,
        eventTypes: ['*'],
        ...(secret === undefined ? {} : { secret }),
      });
      const post = (payload: unknown): Promise<{ id: string }> =>
        call('POST', `${path}/events`, { type: 'invoice.paid', payload });
      await post({ invoice: 'INV-1042', amount: '1250.00', payer: 'Škoda & Söhne' });
      const delivery = await succeeded(team);
      return { team, endpoint: endpoint.id, attempt: delivery.attempts[0] as Attempt, post };
    },
    async close(): Promise<void> {
      receiver.close();
      receiver.closeAllConnections();
      await posthorn.end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;
