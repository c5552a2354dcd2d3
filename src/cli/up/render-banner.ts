import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { embeddedFolder } from '../../database/look-at-embedded.ts';
import { alignColumns } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';

type Told = Pick<Config, 'databaseUrl' | 'dataFolder' | 'environment' | 'operatorKey'>;

/** What a person sees once it is up. The operator key is there on the first start alone, when it was made. */
export async function renderBanner(
  config: Told,
  running: { url: string; operatorKey: string | null },
  paint: Paint,
): Promise<string[]> {
  const key = running.operatorKey;
  const keyPlace = config.operatorKey === null ? join(config.dataFolder, 'operator-key') : 'POSTHORN_OPERATOR_KEY';
  const database =
    config.databaseUrl === null
      ? `embedded, in ${await embeddedFolder(config.dataFolder)}`
      : 'yours, from DATABASE_URL';
  const facts = [
    ['API', paint.cyan(running.url)],
    ['Reference', paint.cyan(`${running.url}/docs`)],
    ['Database', database],
    ['Data', config.dataFolder],
    ['Operator key', key === null ? `in ${keyPlace}` : paint.bold(key)],
    ...(key === null ? [] : [['', paint.dim(`shown once, kept in ${keyPlace}`)]]),
  ];
  return [
    '',
    `${paint.bold('Posthorn')} is up (${config.environment}). Ctrl-C stops it.`,
    ...alignColumns(facts, '   ').map((line) => `  ${line}`),
    '',
  ];
}
