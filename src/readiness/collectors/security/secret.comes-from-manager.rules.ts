import type { Finding } from '../../finding.ts';
import { failed, listed, notApplicable, passed } from '../../finding.rules.ts';
import type { SecretOrigin } from '../../instruments.ts';

export type OwnSecrets = { environment: 'development' | 'production'; origins: readonly SecretOrigin[] };

const good: ReadonlySet<SecretOrigin['from']> = new Set(['private-file', 'environment', 'unused']);
const words: Readonly<Record<SecretOrigin['from'], string>> = {
  file: 'a file that others can read',
  'private-file': 'a file of its owner',
  environment: 'the environment of the process',
  dotenv: 'a .env file',
  arguments: 'the arguments of the process',
  generated: 'the first start',
  unused: 'nowhere: none is needed',
};

/** The gateway's own secrets come from where an operator keeps them, and lie in no .env file and no process list. */
export function judgeOrigins({ environment, origins }: OwnSecrets): Finding {
  if (environment !== 'production') return notApplicable('This gateway does not run in production.');
  const values = Object.fromEntries(origins.map(({ variable, from }) => [variable, words[from]]));
  const bad = origins.filter(({ from }) => !good.has(from));
  if (bad.length === 0) return passed('Every secret of the gateway comes from a managed place.', values);
  const seen = listed(bad.map(({ variable, from }) => `${variable} comes from ${words[from]}`));
  return failed(`${seen}.`, values, 'POSTHORN_MASTER_KEY_FILE=/run/secrets/posthorn-master-key posthorn up');
}
