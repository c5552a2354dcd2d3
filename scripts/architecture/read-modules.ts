import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';
import { findEffects, findTypeImports } from './find-effects.ts';

/** One import, re-export, dynamic import or `import()` type, as the file states it. */
export interface Import {
  specifier: string;
  /** Path from the project's folder, with forward slashes, when the specifier is relative. */
  target: string | undefined;
  line: number;
  typeOnly: boolean;
  /** The imported names; empty for a side effect, a dynamic import or a namespace. */
  names: string[];
}

/** A use of something that makes a file impure or reads the environment, such as `Date.now` or `process.env`. */
interface Effect {
  what: string;
  line: number;
}

export interface SourceModule {
  /** Path from the project's folder, with forward slashes. */
  path: string;
  lineCount: number;
  imports: Import[];
  effects: Effect[];
  starExportLines: number[];
}

/**
 * Parses every TypeScript file under `src`.
 * @throws when a file cannot be parsed, naming it
 */
export function readModules(root: string): SourceModule[] {
  return globSync('src/**/*.ts', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
    .map((path) => readModule(root, path));
}

function readModule(root: string, path: string): SourceModule {
  const text = readFileSync(join(root, path), 'utf8');
  const parsed = parseSync(path, text);
  const problem = parsed.errors.find((error) => error.severity === 'Error');
  if (problem) throw new Error(`${path}: ${problem.message}`);

  const lineOf = lineFinder(text);
  const imports: Import[] = [];
  const add = (specifier: string, offset: number, typeOnly: boolean, names: string[]): void => {
    imports.push({ specifier, target: resolveTarget(root, path, specifier), line: lineOf(offset), typeOnly, names });
  };

  for (const statement of parsed.module.staticImports) {
    const typeOnly = statement.entries.length > 0 && statement.entries.every((entry) => entry.isType);
    const names = statement.entries.flatMap((entry) => entry.importName.name ?? []);
    add(statement.moduleRequest.value, statement.start, typeOnly, names);
  }
  const starExportLines: number[] = [];
  for (const entry of parsed.module.staticExports.flatMap((statement) => statement.entries)) {
    if (!entry.moduleRequest) continue;
    add(entry.moduleRequest.value, entry.start, entry.isType, entry.importName.name ? [entry.importName.name] : []);
    if (entry.importName.kind !== 'Name') starExportLines.push(lineOf(entry.start));
  }
  for (const { moduleRequest } of parsed.module.dynamicImports) {
    const literal = /^(['"`])([^$]*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end));
    if (literal?.[2] !== undefined) add(literal[2], moduleRequest.start, false, []);
  }
  for (const { specifier, offset } of findTypeImports(parsed.program)) add(specifier, offset, true, []);

  const effects = findEffects(parsed.program).map(({ what, offset }) => ({ what, line: lineOf(offset) }));
  return { path, lineCount: text.trimEnd().split('\n').length, imports, effects, starExportLines };
}

/** `./x.js` and `./x` are resolved to the `x.ts` that they mean, so that a wrong ending hides no other violation. */
function resolveTarget(root: string, from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const plain = posix.join(dirname(from), specifier);
  const candidates = [plain, plain.replace(/\.js$/, '.ts'), `${plain}.ts`, `${plain}/index.ts`];
  return candidates.find((path) => /\.\w+$/.test(path) && existsSync(join(root, path))) ?? plain;
}

function lineFinder(text: string): (offset: number) => number {
  return (offset) => text.slice(0, offset).split('\n').length;
}
