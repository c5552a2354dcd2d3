import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue, CheckDefinition, Checklist, Scope } from '../check-definition.ts';
import { readCheckEntry } from './check-entry.rules.ts';
import { readChecklistEntry, type ReadChecklist } from './checklist-entry.rules.ts';
import { type CatalogueMistake, type Located, tellMistake } from './located.rules.ts';
import { parseYaml } from './parse-yaml.ts';
import { readScope } from './scope-entry.rules.ts';
import { sections } from './sections.rules.ts';

/** The catalogue cannot be used. Says every mistake with its file and line. */
export class CatalogueError extends Error {
  readonly mistakes: readonly CatalogueMistake[];

  constructor(mistakes: readonly CatalogueMistake[]) {
    super(`the catalogue of checks is not sound:\n${mistakes.map(tellMistake).join('\n')}`);
    this.name = 'CatalogueError';
    this.mistakes = mistakes;
  }
}

type Gathered = {
  checks: Map<string, CheckDefinition>;
  checklists: ReadChecklist[];
  scopes: { root: Located; file: string }[];
  mistakes: CatalogueMistake[];
};

/**
 * Reads a catalogue from folders that hold `checks/<section>.yaml` and `checklists/<id>.yaml`, and
 * `scope.yaml`, any of which may be absent in one of them. Later folders add to earlier ones; nothing may be there twice.
 * @throws CatalogueError with all mistakes of all files
 */
export function readCatalogue(folders: readonly string[]): Catalogue {
  const gathered: Gathered = { checks: new Map(), checklists: [], scopes: [], mistakes: [] };
  for (const folder of folders) readFolder(folder, gathered);
  const { checks, mistakes } = gathered;
  const checklists = new Map<string, Checklist>();
  for (const { checklist, file, line, references } of gathered.checklists) {
    if (checklists.has(checklist.id)) {
      const remedy = 'name each checklist once';
      mistakes.push({ file, line, what: `there is another checklist ${checklist.id}`, remedy });
    }
    checklists.set(checklist.id, checklist);
    for (const { checkId, ref, line: at } of references) {
      if (checks.has(checkId)) continue;
      const remedy = 'correct the id, or write the check';
      mistakes.push({ file, line: at, what: `item ${ref} names ${checkId}, and there is no such check`, remedy });
    }
  }
  const scopes = gathered.scopes.map(({ root, file }) => readScope(root, file, [...checks.keys()], mistakes));
  const scope: Scope = {
    questions: scopes.flatMap(({ questions }) => questions),
    providers: scopes.flatMap(({ providers }) => providers),
  };
  if (mistakes.length > 0) throw new CatalogueError(mistakes);
  return { checks, checklists, scope };
}

function readFolder(folder: string, gathered: Gathered): void {
  const { checklists, scopes, mistakes } = gathered;
  const files = [...yamlFiles(folder, 'checks'), ...yamlFiles(folder, 'checklists'), ...scopeFiles(folder)];
  if (files.length === 0) {
    const remedy = 'name a folder with checks/<section>.yaml or checklists/<id>.yaml';
    mistakes.push({ file: folder, line: 1, what: 'there is no catalogue here', remedy });
  }
  for (const { kind, name, path } of files) {
    const root = parseYaml(readFileSync(path, 'utf8'), path, mistakes);
    if (root === null) continue;
    if (kind === 'checks') readChecks(root, name, path, gathered);
    else if (kind === 'scope') scopes.push({ root, file: path });
    else {
      const read = readChecklistEntry(root, name, path, mistakes);
      if (read !== null) checklists.push(read);
    }
  }
}

function readChecks(root: Located, section: string, file: string, { checks, mistakes }: Gathered): void {
  const add = (line: number, what: string, remedy: string): void => {
    mistakes.push({ file, line, what, remedy });
  };
  if (!sections.some((each) => each === section)) {
    add(1, `there is no section ${section}`, `name the file after one of ${sections.join(', ')}`);
  }
  if (root.kind !== 'list') {
    add(root.line, 'a section is a list of checks', 'begin each with - id: …');
    return;
  }
  for (const node of root.items) {
    const check = readCheckEntry(node, section, file, mistakes);
    if (check === null) continue;
    if (checks.has(check.id)) add(node.line, `there is another check ${check.id}`, 'give each an id of its own');
    else checks.set(check.id, check);
  }
}

type CatalogueFile = { kind: 'checks' | 'checklists' | 'scope'; name: string; path: string };

function yamlFiles(folder: string, kind: 'checks' | 'checklists'): CatalogueFile[] {
  const inside = join(folder, kind);
  if (!existsSync(inside) || !statSync(inside).isDirectory()) return [];
  return readdirSync(inside)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => ({ kind, name: file.slice(0, -'.yaml'.length), path: join(inside, file) }));
}

function scopeFiles(folder: string): CatalogueFile[] {
  const path = join(folder, 'scope.yaml');
  return existsSync(path) ? [{ kind: 'scope', name: 'scope', path }] : [];
}
