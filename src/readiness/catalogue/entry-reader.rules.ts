import type { CatalogueMistake, Located } from './located.rules.ts';

type TextRule = { pattern: RegExp; remedy: string };

/**
 * Reads the fields of one entry and gathers every mistake instead of stopping at the first. What is wrong reads as an empty
 * text, so only an entry that `isSound` may be used.
 */
export type EntryReader = {
  line: number;
  /** Words on one line. */
  text(name: string, rule?: TextRule): string;
  choice<Option extends string>(name: string, options: readonly [Option, ...Option[]]): Option;
  /** At least one text. */
  texts(name: string, rule?: TextRule): string[];
  /** At least one of whatever it is. */
  list(name: string): readonly Located[];
  has(name: string): boolean;
  lineOf(name: string): number;
  mistake(name: string | null, what: string, remedy: string): void;
  /** To be asked last: fields that nobody read are mistakes too. */
  isSound(): boolean;
};

/** Opens an entry. `title` names it in messages, such as "a check". */
export function readEntry(node: Located, title: string, file: string, mistakes: CatalogueMistake[]): EntryReader {
  const fields = node.kind === 'map' ? node.fields : new Map<string, Located>();
  const read = new Set<string>();
  const before = mistakes.length;
  const lineOf = (name: string): number => fields.get(name)?.line ?? node.line;
  const mistake: EntryReader['mistake'] = (name, what, remedy) => {
    mistakes.push({ file, line: name === null ? node.line : lineOf(name), what, remedy });
  };
  if (node.kind !== 'map') mistake(null, `${title} is written as fields, and this is none`, 'write name: value lines');

  const take = (name: string): Located | null => {
    read.add(name);
    const value = fields.get(name) ?? null;
    if (value !== null && value.kind !== 'nothing') return value;
    if (node.kind !== 'map') return null;
    mistake(name, value === null ? `${title} without ${name}` : `${name} is empty`, `give it its ${name}`);
    return null;
  };
  const textOf = (value: Located, name: string, rule: TextRule | undefined): string => {
    const wrong = (what: string, remedy: string): '' => {
      mistakes.push({ file, line: value.line, what, remedy });
      return '';
    };
    if (value.kind !== 'text') return wrong(`${name} is no text`, 'write it as plain words');
    const { text } = value;
    if (text.trim() === '' || text !== text.trim()) return wrong(`${name} is empty or has blanks around it`, 'trim it');
    if (text.includes('\n')) return wrong(`${name} has several lines`, 'fold it with >-');
    if (rule !== undefined && !rule.pattern.test(text)) return wrong(`${name} is "${text}"`, rule.remedy);
    return text;
  };
  const list: EntryReader['list'] = (name) => {
    const value = take(name);
    if (value === null) return [];
    if (value.kind === 'list' && value.items.length > 0) return value.items;
    mistake(name, `${name} is no list with something in it`, `write ${name}: [one, another]`);
    return [];
  };

  return {
    line: node.line,
    lineOf,
    mistake,
    list,
    has(name) {
      read.add(name);
      return fields.has(name);
    },
    text(name, rule) {
      const value = take(name);
      return value === null ? '' : textOf(value, name, rule);
    },
    choice(name, options) {
      const value = take(name);
      const text = value === null ? '' : textOf(value, name, undefined);
      const chosen = options.find((option) => option === text);
      if (chosen !== undefined) return chosen;
      if (text !== '') mistake(name, `${name} is "${text}"`, `write one of ${options.join(', ')}`);
      return options[0];
    },
    texts: (name, rule) => list(name).map((item) => textOf(item, name, rule)),
    isSound() {
      for (const [name, { line }] of fields) {
        if (read.has(name)) continue;
        const known = [...read].join(', ');
        mistakes.push({ file, line, what: `${title} has no field ${name}`, remedy: `the fields are ${known}` });
      }
      return mistakes.length === before;
    },
  };
}
