/** What differs from run to run, made the same. */
function alike(text: string): string {
  return text
    .replaceAll(/\b([a-z]+)_[0-9a-hjkmnp-tv-z]{26}\b/g, '$1_id')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b\d\d:\d\d:\d\d\b/g, 'TIME')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/v1,[A-Za-z0-9+/]+=*/g, 'v1,SIGNATURE')
    .replaceAll(/("\w+Ms": )[\d.]+/g, '$1N')
    .replaceAll(/\bin [\d.]+ (?:ms|s|min)\b(?: \d+ s\b)?/g, 'in N');
}

/** That the lines of `shown` are lines of `real`, in their order; a line of … stands for a cut. */
export function expectExcerpt(real: string, shown: string): void {
  const lines = alike(real)
    .split('\n')
    .map((line) => line.trim());
  let at = -1;
  for (const line of alike(shown).split('\n')) {
    if (line.trim() === '' || line.trim() === '…') continue;
    at = lines.indexOf(line.trim(), at + 1);
    if (at < 0) throw new Error(`not printed, or not in this order: ${line}\nprinted:\n${real}`);
  }
}
