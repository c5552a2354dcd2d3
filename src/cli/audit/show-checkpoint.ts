import type { SignedCheckpoint } from '../../audit/checkpoint.rules.ts';
import { CliFailure } from '../failure.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type CommonFlags, openApi } from './open-audit.ts';

/** Prints the newest checkpoint as JSON, in one line: as `--checkpoint` of verify reads it. */
export async function runCheckpoint(flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api } = await openApi(flags);
  const { data } = await api.request<{ data: SignedCheckpoint[] }>('GET', '/v1/audit/checkpoints?limit=1');
  const [newest] = data;
  if (newest === undefined) throw new CliFailure('there is no checkpoint yet', 'the first comes within a minute');
  terminal.out(JSON.stringify(newest));
}

export async function runPublicKey(flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api } = await openApi(flags);
  const found = await api.request<{ key: string; publicKey: string; pem: string }>('GET', '/v1/audit/public-key');
  terminal.out(flags.json === true ? JSON.stringify(found) : found.pem.trimEnd());
}
