import type { Scope, ScopeCondition, ScopeQuestion, ScopeRule } from '../check-definition.ts';
import { type EntryReader, readEntry } from './entry-reader.rules.ts';
import type { CatalogueMistake, Located } from './located.rules.ts';

const kinds: readonly ['boolean', 'number', 'choice', 'list'] = ['boolean', 'number', 'choice', 'list'];
const subjects: readonly ['source', 'endpoint', 'connection'] = ['source', 'endpoint', 'connection'];
const idRule = { pattern: /^[a-z][A-Za-z0-9]*$/, remedy: 'write it as one word such as selfHosted' };

type Reading = { file: string; checkIds: readonly string[]; mistakes: CatalogueMistake[] };

/**
 * The questions of scope, and which checks belong to which provider. Checks are named by id, or as `docusign.*`: all whose
 * id begins so. What names no check is a mistake, as anything else that is not sound.
 */
export function readScope(
  root: Located,
  file: string,
  checkIds: readonly string[],
  mistakes: CatalogueMistake[],
): Scope {
  const reading = { file, checkIds, mistakes };
  const entry = readEntry(root, 'the scope', file, mistakes);
  const questions = entry.list('questions').map((node) => readQuestion(node, reading));
  const seen = new Set<string>();
  for (const [index, { id }] of questions.entries()) {
    const line = entry.list('questions')[index]?.line ?? entry.line;
    if (seen.has(id)) mistakes.push({ file, line, what: `there is another question ${id}`, remedy: 'ask it once' });
    seen.add(id);
  }
  const providers = (entry.has('providers') ? entry.list('providers') : []).map((node) => {
    const provider = readEntry(node, 'a provider', file, mistakes);
    const read = {
      provider: provider.text('provider'),
      checks: readChecks(provider, reading),
      because: provider.text('because'),
    };
    provider.isSound();
    return read;
  });
  entry.isSound();
  return { questions, providers };
}

function readQuestion(node: Located, reading: Reading): ScopeQuestion {
  const entry = readEntry(node, 'a question', reading.file, reading.mistakes);
  const kind = entry.choice('kind', kinds);
  const question = {
    id: entry.text('id', idRule),
    question: entry.text('question'),
    kind,
    choices: entry.has('choices') || kind === 'choice' ? entry.texts('choices') : [],
  };
  const rules = entry.has('rules') ? entry.list('rules').map((rule) => readRule(rule, question, reading)) : [];
  entry.isSound();
  return { ...question, rules };
}

function readRule(node: Located, question: Omit<ScopeQuestion, 'rules'>, reading: Reading): ScopeRule {
  const entry = readEntry(node, 'a rule', reading.file, reading.mistakes);
  const when = readCondition(entry, question);
  const subject = entry.has('subject') ? entry.choice('subject', subjects) : null;
  const checks = entry.has('checks') || subject === null ? readChecks(entry, reading) : [];
  const rule = { when, checks, subject, because: entry.text('because') };
  entry.isSound();
  return rule;
}

function readCondition(entry: EntryReader, { kind, choices }: Omit<ScopeQuestion, 'rules'>): ScopeCondition {
  if (kind === 'number') {
    const text = entry.text('under', { pattern: /^\d+(\.\d+)?$/, remedy: 'write a number' });
    return { kind: 'under', value: Number(text) };
  }
  if (kind === 'list' && entry.has('lacks')) return { kind: 'lacks', value: known(entry, 'lacks', choices) };
  if (kind === 'list') return { kind: 'is', value: known(entry, 'is', ['none']) };
  if (kind === 'choice') return { kind: 'is', value: known(entry, 'is', choices) };
  return { kind: 'is', value: known(entry, 'is', ['yes', 'no']) === 'yes' };
}

function known(entry: EntryReader, name: string, options: readonly string[]): string {
  const text = entry.text(name);
  if (text === '' || options.length === 0 || options.includes(text)) return text;
  entry.mistake(name, `${name} is "${text}"`, `write one of ${options.join(', ')}`);
  return text;
}

function readChecks(entry: EntryReader, { checkIds }: Reading): string[] {
  return entry.texts('checks').flatMap((pattern) => {
    const found = pattern.endsWith('.*')
      ? checkIds.filter((id) => id.startsWith(pattern.slice(0, -1)))
      : checkIds.filter((id) => id === pattern);
    if (pattern !== '' && found.length === 0) {
      entry.mistake('checks', `${pattern} names no check`, 'correct the id, or write it as docusign.*');
    }
    return found;
  });
}
