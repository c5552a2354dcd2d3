import type { SealedInventory } from '../../sealing/rewrap-secrets.ts';
import { alignColumns } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted } from '../terminal/readable.rules.ts';

const barColumns = 30;
/** As sealed-columns.ts has it. */
const auditTitle = 'signing keys of the audit log';

/** `[#########                     ]  30 % (300 of 1000)` */
export function renderBar(done: number, found: number): string {
  const share = found === 0 ? 1 : Math.min(1, done / found);
  const filled = '#'.repeat(Math.floor(share * barColumns)).padEnd(barColumns);
  return `[${filled}] ${String(Math.floor(share * 100)).padStart(3)} % (${done} of ${found})`;
}

/** A line for each key: its id, what it is, and what is sealed under it. */
export function renderInventory(inventory: SealedInventory, paint: Paint): string[] {
  const { sealing, opening, columns } = inventory;
  const found = new Set(columns.flatMap(({ keys }) => keys.map(({ keyId }) => keyId)));
  const others = [...found].filter((keyId) => keyId !== sealing && (keyId === null || !opening.includes(keyId)));
  const row = (keyId: string | null, role: string): string[] => {
    const held = columns.flatMap(({ title, keys }) =>
      keys.filter((each) => each.keyId === keyId).map(({ count }) => `${count} ${title}`),
    );
    return [keyId ?? '(no key)', role, held.length === 0 ? 'nothing' : held.join(', ')];
  };
  return alignColumns([
    [paint.dim('key'), paint.dim('what it does'), paint.dim('what is sealed under it')],
    row(sealing, paint.green('seals and opens')),
    ...opening.map((keyId) => row(keyId, 'opens')),
    ...others.map((keyId) => row(keyId, paint.red(keyId === null ? 'damaged' : 'was not given'))),
  ]);
}

/** What to do next. `ok`: everything opens; `isDone`: nothing is left under another key than the first. */
export type Advice = { ok: boolean; isDone: boolean; text: string };

/** @param damaged how many of the values turned out not to open */
export function adviceOn(inventory: SealedInventory, damaged = 0): Advice {
  const { sealing, opening, columns } = inventory;
  const all = columns.flatMap(({ keys }) => keys);
  const count = (fits: (keyId: string | null) => boolean): number =>
    all.reduce((sum, each) => (fits(each.keyId) ? sum + each.count : sum), 0);
  const isUnknown = ({ keyId }: { keyId: string | null }): boolean =>
    keyId !== null && keyId !== sealing && !opening.includes(keyId);
  const unknown = [...new Set(all.filter(isUnknown).map(({ keyId }) => keyId))];
  const broken = count((keyId) => keyId === null) + damaged;
  const old = count((keyId) => keyId !== null && opening.includes(keyId)) - damaged;
  if (unknown.length > 0) {
    const what = `${counted(
      count((keyId) => isUnknown({ keyId })),
      'value',
    )} cannot be opened`;
    const remedy = 'add it behind the others in POSTHORN_MASTER_KEY and run this again, or enter those secrets again';
    const isOfAudit = columns.some(({ title, keys }) => title === auditTitle && keys.some(isUnknown));
    const more = isOfAudit ? '; for the signing key of the audit log there is posthorn keys new-audit-key' : '';
    return {
      ok: false,
      isDone: false,
      text: `${what}: the key ${unknown.join(', ')} was not given; ${remedy}${more}.`,
    };
  }
  if (broken > 0) {
    const what = `${counted(broken, 'value')} cannot be opened with any key`;
    return {
      ok: false,
      isDone: false,
      text: `${what}: enter those secrets again, or bring the rows back from a backup.`,
    };
  }
  if (old > 0) {
    const text = `${counted(old, 'value')} under another key than the first. Once every node knows the first key, run: posthorn keys rewrap`;
    return { ok: true, isDone: false, text };
  }
  if (opening.length === 0) return { ok: true, isDone: true, text: 'One key, and everything is sealed under it.' };
  const text = `Everything is sealed under ${sealing}. The other keys are needed no more: take them out of POSTHORN_MASTER_KEY, or its file, on every node, and restart.`;
  return { ok: true, isDone: true, text };
}
