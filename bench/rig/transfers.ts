import { fileURLToPath } from 'node:url';
import { runToItsEnd } from './processes.ts';

export type TransferOptions = {
  /** `<url>/large` is downloaded, `<url>/upload` is uploaded to. */
  targets: { url: string; key: string }[];
  caFile: string;
  bytes: number;
  rounds: number;
};

/** Bytes a second, of each round. */
export type Transfer = { down: number[]; up: number[] };

/** Transfers over one client, one at a time, the targets in turns. @returns one for each target */
export async function transferInTurns(options: TransferOptions): Promise<Transfer[]> {
  const program = fileURLToPath(new URL('./transfer-client.ts', import.meta.url));
  const text = await runToItsEnd(process.execPath, [program], { TRANSFERS: JSON.stringify(options) });
  return JSON.parse(text) as Transfer[];
}
