import { rewrapSecrets } from '../../sealing/rewrap-secrets.ts';
import { counted } from '../terminal/readable.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type KeyFlags, withKeys } from './open-keys.ts';
import { openProgress } from './progress.ts';
import { adviceOn, renderInventory } from './render-keys.rules.ts';

const mostShown = 20;

/** Seals everything anew under the first key; the exit code is 1 when something is left that it could not seal. */
export async function runKeyRewrap(flags: KeyFlags, terminal: Terminal): Promise<0 | 1> {
  const progress = openProgress(process.stderr);
  const result = await withKeys(flags, terminal, (ctx) => rewrapSecrets(ctx, { onProgress: progress.show })).finally(
    progress.end,
  );
  const { before, after, moved, damaged } = result;
  const advice = adviceOn(after, damaged.length);
  const isDone = advice.ok && advice.isDone;
  if (flags.json === true) {
    terminal.out(JSON.stringify({ ok: isDone, moved, damaged, before, after }, null, 2));
    return isDone ? 0 : 1;
  }
  terminal.out('Before:');
  for (const line of renderInventory(before, terminal.paint)) terminal.out(line);
  terminal.out('');
  terminal.out(`${counted(moved, 'value')} sealed anew. Now:`);
  for (const line of renderInventory(after, terminal.paint)) terminal.out(line);
  for (const { table, id } of damaged.slice(0, mostShown)) {
    terminal.err(`posthorn: the sealed value of ${id} in ${table} does not open: enter that secret again`);
  }
  if (damaged.length > mostShown) terminal.err(`posthorn: and ${damaged.length - mostShown} more`);
  terminal.out('');
  terminal.out(advice.text);
  return isDone ? 0 : 1;
}
