import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { CatalogueMistake, Located } from './located.rules.ts';

/**
 * YAML 1.2 with the failsafe schema: scalars are texts, so that `1.10` stays one and `no` is a word. Aliases
 * and tags are mistakes: what is meant is written out.
 * @returns null, and the mistakes are told, when it is no such YAML
 */
export function parseYaml(text: string, file: string, mistakes: CatalogueMistake[]): Located | null {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
  const before = mistakes.length;
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const add = (offset: number, what: string, remedy: string): void => {
    mistakes.push({ file, line: lineAt(offset), what, remedy });
  };
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    add(pos[0], `cannot be read as YAML: ${message.replaceAll(/\s+/g, ' ')}`, 'mend the line, or the one before it');
  }

  const locate = (node: Node | null | undefined, line: number): Located => {
    if (node === null || node === undefined) return { kind: 'nothing', line };
    const offset = node.range?.[0] ?? 0;
    if (isMap<Node, Node | null>(node)) return { kind: 'map', line: lineAt(offset), fields: fieldsOf(node.items) };
    if (isSeq<Node | null>(node)) {
      return { kind: 'list', line: lineAt(offset), items: node.items.map((item) => locate(item, lineAt(offset))) };
    }
    if (isScalar(node)) {
      // The failsafe schema leaves an empty value an empty text.
      const isEmpty = node.value === '' && node.type === 'PLAIN';
      return isEmpty ? { kind: 'nothing', line } : { kind: 'text', line: lineAt(offset), text: String(node.value) };
    }
    add(offset, 'an alias stands here', 'write out what it means');
    return { kind: 'nothing', line };
  };
  const fieldsOf = (pairs: readonly { key: Node; value: Node | null }[]): Map<string, Located> => {
    const fields = new Map<string, Located>();
    for (const { key, value } of pairs) {
      const line = lineAt(key.range?.[0] ?? 0);
      if (isScalar(key)) fields.set(String(key.value), { ...locate(value, line), line });
      else add(key.range?.[0] ?? 0, 'a field is named by something that is no word', 'write name: value');
    }
    return fields;
  };
  const root = locate(document.contents, 1);
  return mistakes.length === before ? root : null;
}
