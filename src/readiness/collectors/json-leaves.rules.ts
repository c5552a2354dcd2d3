/** A text, number or boolean in a JSON value, with its path: a JSON pointer, in which `*` is every item of a list. */
export type Leaf = { path: string; name: string; value: string | number | boolean; siblings: ReadonlySet<string> };

const depthMost = 20;
const leavesMost = 5_000;

/** Everything in a JSON value that is neither a list, an object nor null, up to a bound. */
export function leavesOf(value: unknown): Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (each: unknown, place: Omit<Leaf, 'value'>, depth: number): void => {
    if (leaves.length >= leavesMost || depth > depthMost || each === null || each === undefined) return;
    if (Array.isArray(each)) {
      for (const item of each) visit(item, { ...place, path: `${place.path}/*` }, depth + 1);
    } else if (typeof each === 'object') {
      const siblings = new Set(Object.keys(each));
      for (const [name, member] of Object.entries(each)) {
        const key = name.replaceAll('~', '~0').replaceAll('/', '~1');
        visit(member, { path: `${place.path}/${key}`, name, siblings }, depth + 1);
      }
    } else if (typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean') {
      leaves.push({ ...place, value: each });
    }
  };
  visit(value, { path: '', name: '', siblings: new Set() }, 0);
  return leaves;
}
