import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue, CheckDefinition, Checklist } from '../check-definition.ts';
import { readCheckEntry } from './check-entry.rules.ts';
import { readChecklistEntry, type ReadChecklist } from './checklist-entry.rules.ts';
import { type CatalogueMistake, type Located, tellMistake } from './located.rules.ts';
import { parseYaml } from './parse-yaml.ts';
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

type Gathered = { checks: Map<string, CheckDefinition>; checklists: ReadChecklist[]; mistakes: CatalogueMistake[] };

/**
 * Reads a catalogue from folders that hold `checks/<section>.yaml` and `checklists/<id>.yaml`, either of which may be
 * absent in one of them. Later folders add to earlier ones; nothing may be there twice.
 * @throws CatalogueError with all mistakes of all files
 */
export function readCatalogue(folders: readonly string[]): Catalogue {
  const gathered: Gathered = { checks: new Map(), checklists: [], mistakes: [] };
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
  if (mistakes.length > 0) throw new CatalogueError(mistakes);
  return { checks, checklists };
}

function readFolder(folder: string, { checks, checklists, mistakes }: Gathered): void {
  const files = [...yamlFiles(folder, 'checks'), ...yamlFiles(folder, 'checklists')];
  if (files.length === 0) {
    const remedy = 'name a folder with checks/<section>.yaml or checklists/<id>.yaml';
    mistakes.push({ file: folder, line: 1, what: 'there is no catalogue here', remedy });
  }
  for (const { kind, name, path } of files) {
    const root = parseYaml(readFileSync(path, 'utf8'), path, mistakes);
    if (root === null) continue;
    if (kind === 'checks') readChecks(root, name, path, { checks, checklists, mistakes });
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

type CatalogueFile = { kind: 'checks' | 'checklists'; name: string; path: string };

function yamlFiles(folder: string, kind: CatalogueFile['kind']): CatalogueFile[] {
  const inside = join(folder, kind);
  if (!existsSync(inside) || !statSync(inside).isDirectory()) return [];
  return readdirSync(inside)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => ({ kind, name: file.slice(0, -'.yaml'.length), path: join(inside, file) }));
}
