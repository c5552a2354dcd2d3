import { randomBytes } from 'node:crypto';
import type { Drill } from '../drill.ts';
import type { DrillDatabase, DrillNode, Gateway, Stage } from '../stage.ts';
import { type Planted, plantSecrets } from './planted-secrets.ts';
import { type FoundInFile, searchFolder } from './search-folder.ts';
import { judgeAtRest } from './secret.encrypted-at-rest.rules.ts';
import { findIn } from './spellings.rules.ts';

/** What opens everything is in files of its own, which nobody else may read. */
const keyFiles = new Set(['master-key', 'operator-key']);

/** Posts as Documenso does: with the secret in a header. */
async function notify(stage: Stage, url: string, secret: string): Promise<number> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-documenso-secret': secret },
    body: JSON.stringify({ event: 'DOCUMENT_SENT', payload: { id: Date.now() }, createdAt: new Date() }),
    signal: AbortSignal.any([stage.signal, AbortSignal.timeout(20_000)]),
  });
  await answer.text();
  return answer.status;
}

/** Uses what was planted, so that whatever is written on the way is written. */
async function useAll(stage: Stage, node: Gateway, team: { id: string; key: string }, planted: Planted): Promise<void> {
  await node.want('POST', `/v1/teams/${team.id}/events`, { body: { type: 'drill.planted', payload: {} } });
  for (const connection of planted.connections) await node.call('GET', `/egress/${connection}/x`, { key: team.key });
  await notify(stage, planted.source.url, planted.source.secret);
  await stage.until(async () => {
    const { data } = await node.want('GET', `/v1/teams/${team.id}/deliveries?state=pending`);
    return (data as unknown[]).length === 0 ? true : null;
  }, 10_000);
}

/** A node with everything on its own disk, looked through once it has stopped. */
async function searchDisk(
  stage: Stage,
): Promise<{ found: FoundInFile[]; files: number; planted: number; control: boolean }> {
  const node = await stage.node({ environment: { POSTHORN_LOG_LEVEL: 'debug' } });
  const team = await node.team();
  const receiver = await stage.receiver();
  const planted = await plantSecrets(node, team, receiver.url);
  const control = `control-${randomBytes(12).toString('hex')}`;
  await node.want('POST', `/v1/teams/${team.id}/event-types`, {
    body: { name: 'drill.control', description: control },
  });
  await useAll(stage, node, team, planted);
  stage.note('entered secrets on a second gateway and used them', { secrets: planted.secrets.size });
  await node.stop();
  const values = new Map([...planted.secrets, ['control', control]]);
  const { found, files } = await searchFolder(node.folder, values, keyFiles);
  const inLog = findIn(node.output(), planted.secrets).map((each) => ({ ...each, file: 'the log' }));
  stage.note('looked through its files and its log', { files, found: found.length - 1 + inLog.length });
  return {
    found: [...found.filter(({ name }) => name !== 'control'), ...inLog],
    files,
    planted: planted.secrets.size,
    control: found.some(({ name }) => name === 'control'),
  };
}

/** What comes in while the database is away lies in the spool, which is looked through. */
async function searchSpool(
  stage: Stage,
  { node, database, planted }: { node: DrillNode; database: DrillDatabase; planted: Planted },
): Promise<{ found: FoundInFile[]; spooled: boolean }> {
  await database.cut();
  const status = await notify(stage, planted.source.url, planted.source.secret);
  const { found } = await searchFolder(node.folder, planted.secrets, keyFiles);
  await database.restore();
  stage.note('cut the database off and sent a notification', { status, found: found.length });
  return { found, spooled: status === 200 };
}

/** Two sources with one secret: whether they are sealed alike, and whether one's ciphertext serves another source. */
async function tryCiphertexts(
  stage: Stage,
  { node, database, planted }: { node: DrillNode; database: DrillDatabase; planted: Planted },
): Promise<{ sealedAlike: boolean; movedOpens: boolean }> {
  const team = await node.team();
  const make = async (value: string): Promise<string> => {
    const body = { provider: 'documenso', name: 'Drill', credentials: [{ value }] };
    return String((await node.want('POST', `/v1/teams/${team.id}/sources`, { body }))['id']);
  };
  const { secret } = planted.source;
  await make(secret);
  const other = await make(randomBytes(24).toString('hex'));
  const rows = await database.query<{ sealed: Buffer }>('SELECT sealed FROM source_credential ORDER BY id');
  const sealedAlike = new Set(rows.map(({ sealed }) => sealed.toString('hex'))).size !== rows.length;
  // The last one made is the other source's; the first is the planted one.
  await database.query(
    `UPDATE source_credential SET sealed = (SELECT sealed FROM source_credential ORDER BY id LIMIT 1)
      WHERE id = (SELECT id FROM source_credential ORDER BY id DESC LIMIT 1)`,
  );
  await node.restart();
  const status = await notify(stage, `${node.url}/in/${other}`, secret);
  stage.note('moved a ciphertext to another source and sent its secret there', { status, sealedAlike });
  return { sealedAlike, movedOpens: status >= 200 && status < 300 };
}

export const encryptedAtRest: Drill = {
  checkId: 'secret.encrypted-at-rest',
  subject: 'gateway',
  version: 1,
  does: 'Enters known secrets on second gateways and looks for them in the files of the database, the spool and the logs.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const disk = await searchDisk(stage);
    stage.progress(1, 3);
    const database = await stage.database();
    const node = await stage.node({ database, environment: { POSTHORN_TEST_LEASE_SECONDS: '3' } });
    const receiver = await stage.receiver();
    const planted = await plantSecrets(node, await node.team(), receiver.url);
    const spool = await searchSpool(stage, { node, database, planted });
    stage.progress(2, 3);
    const ciphertexts = await tryCiphertexts(stage, { node, database, planted });
    return judgeAtRest({
      planted: disk.planted,
      found: [...disk.found, ...spool.found],
      files: disk.files,
      controlFound: disk.control,
      spooled: spool.spooled,
      ...ciphertexts,
    });
  },
};
