import { countSealed } from '../../sealing/rewrap-secrets.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type KeyFlags, withKeys } from './open-keys.ts';
import { adviceOn, renderInventory } from './render-keys.rules.ts';

/** Shows what every master key is needed for; the exit code is 1 when something cannot be opened with those given. */
export async function runKeyStatus(flags: KeyFlags, terminal: Terminal): Promise<0 | 1> {
  const inventory = await withKeys(flags, terminal, countSealed);
  const advice = adviceOn(inventory);
  if (flags.json === true) terminal.out(JSON.stringify({ ok: advice.ok, ...inventory }, null, 2));
  else {
    for (const line of renderInventory(inventory, terminal.paint)) terminal.out(line);
    terminal.out('');
    terminal.out(advice.text);
  }
  return advice.ok ? 0 : 1;
}
