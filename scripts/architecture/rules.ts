import { findCycles } from './find-cycles.ts';
import { placeOf } from './place.ts';
import type { Import, SourceModule } from './read-modules.ts';

export interface Violation {
  path: string;
  line: number;
  what: string;
  remedy: string;
}

type ImportRule = (from: SourceModule, imported: Import) => Omit<Violation, 'path' | 'line'> | undefined;

const maxLines = 400;
/** Longer files are named as a warning. */
export const comfortableLines = 250;
const forbiddenFolders = new Set(['utils', 'util', 'lib', 'types', 'helpers', 'common', 'shared', 'misc']);
const pureModules = new Set(['node:crypto', 'node:net', 'src/problem.ts']);
const randomNames = new Set(['randomBytes', 'randomUUID', 'randomInt', 'randomFill', 'randomFillSync', 'webcrypto']);
const connectingNames = new Set(['connect', 'createConnection', 'createServer', 'Socket', 'Server']);

const importRules: ImportRule[] = [
  function relativeImportsEndInTs(_from, { specifier, target }) {
    if (!target || /\.(ts|json)$/.test(specifier)) return undefined;
    return {
      what: `imports '${specifier}' without its .ts ending`,
      remedy: `Write the file's full name, ending in .ts.`,
    };
  },
  function onlyTheCliStartsMain(from, { target }) {
    if (target !== 'src/main.ts' || placeOf(from.path).area === 'cli') return undefined;
    return { what: 'imports src/main.ts', remedy: 'Take what you need as an argument; main.ts hands it in.' };
  },
  function configIsHandedIn(from, { target, typeOnly }) {
    const { kind, area } = placeOf(from.path);
    if (target !== 'src/config.ts' || typeOnly || kind === 'main' || area === 'cli') return undefined;
    return { what: 'imports values of src/config.ts', remedy: 'Import its types only; main.ts hands the values in.' };
  },
  function insidesStayInside(from, { target }) {
    if (!target) return undefined;
    const [mine, other] = [placeOf(from.path), placeOf(target)];
    if (!other.isInside || other.area === mine.area || mine.kind === 'main') return undefined;
    return {
      what: `reaches into the insides of ${other.area}: ${target}`,
      remedy: `Import a file right under src/${other.area} that is no *.store.ts, or add a use case there.`,
    };
  },
  function capabilitiesKnowNoTransport(from, { target }) {
    if (!target) return undefined;
    const [mine, other] = [placeOf(from.path), placeOf(target)];
    if (other.kind !== 'transport' || mine.kind === 'main' || mine.area === other.area) return undefined;
    if (other.area === 'http' && from.path.endsWith('.routes.ts')) return undefined;
    return {
      what: `imports the transport ${target}`,
      remedy:
        'Keep HTTP in src/http and *.routes.ts, and the command line in src/cli; both call use cases, never back.',
    };
  },
  function routesAreForTransports(from, { target }) {
    if (!target?.endsWith('.routes.ts')) return undefined;
    const mine = placeOf(from.path);
    if (mine.kind === 'main' || mine.area === 'http' || from.path.endsWith('.routes.ts')) return undefined;
    return { what: `imports routes: ${target}`, remedy: 'Call the use case that the route translates to.' };
  },
  function foundationsKnowNoCapability(from, { target }) {
    if (!target || placeOf(from.path).kind !== 'foundation' || placeOf(target).kind !== 'capability') return undefined;
    return {
      what: `is a foundation and imports the capability file ${target}`,
      remedy: 'Declare what you need as an interface or an argument; main.ts hands the capability in.',
    };
  },
  function rulesImportNothingImpure(from, { specifier, target, typeOnly, names }) {
    if (!from.path.endsWith('.rules.ts') || typeOnly) return undefined;
    const name = target ?? specifier;
    if (name.endsWith('.rules.ts')) return undefined;
    const impureName = names.find((each) => randomNames.has(each) || connectingNames.has(each));
    if (pureModules.has(name) && impureName === undefined) return undefined;
    return {
      what: `is pure and imports ${impureName ? `${impureName} of ` : ''}${name}`,
      remedy: 'Pass the value in as an argument, move the effect to the caller, or move the decision to a *.rules.ts.',
    };
  },
  function productImportsNoTestCode(_from, { target }) {
    if (!target || target.startsWith('src/')) return undefined;
    if (/^(package\.json|readiness\/)/.test(target)) return undefined;
    return { what: `imports ${target} from outside src`, remedy: 'Move what the product needs under src.' };
  },
];

/** Every way in which the modules break the rules of CONTRIBUTING.md, in the order of their paths. */
export function findViolations(modules: SourceModule[]): Violation[] {
  return [...modules.flatMap(violationsOf), ...cycleViolations(modules)];
}

function violationsOf(module: SourceModule): Violation[] {
  const violations = shapeViolations(module);
  if (placeOf(module.path).isTest) return violations;
  for (const imported of module.imports) {
    for (const rule of importRules) {
      const broken = rule(module, imported);
      if (broken) violations.push({ path: module.path, line: imported.line, ...broken });
    }
  }
  return [...violations, ...effectViolations(module)];
}

function shapeViolations({ path, lineCount, starExportLines }: SourceModule): Violation[] {
  const violations: Violation[] = [];
  const add = (line: number, what: string, remedy: string): void => {
    violations.push({ path, line, what, remedy });
  };
  const drawer = path.split('/').find((part) => forbiddenFolders.has(part.replace(/\.ts$/, '')));
  if (drawer) add(1, `lies in a drawer named ${drawer}`, 'Name it after what it does and put it where it is used.');
  if (path.endsWith('/index.ts')) add(1, 'is a barrel', 'Import files by their own names.');
  for (const line of starExportLines) add(line, 're-exports a whole module', 'Import files by their own names.');
  if (lineCount > maxLines) {
    add(maxLines, `has ${lineCount} lines, more than ${maxLines}`, 'Split it: a file has one reason.');
  }
  return violations;
}

function effectViolations({ path, effects }: SourceModule): Violation[] {
  const violations: Violation[] = [];
  const { kind } = placeOf(path);
  for (const { what, line } of effects) {
    if (what === 'process.env' && kind !== 'main' && kind !== 'config') {
      const remedy = 'Add a field to src/config.ts and take it as an argument.';
      violations.push({ path, line, what: 'reads process.env', remedy });
    } else if (path.endsWith('.rules.ts')) {
      const remedy = 'Time, randomness and effects belong to the caller: take the value as an argument.';
      violations.push({ path, line, what: `is pure and uses ${what}`, remedy });
    }
  }
  return violations;
}

function cycleViolations(modules: SourceModule[]): Violation[] {
  return findCycles(modules).map((cycle) => {
    const [path = '', next] = cycle;
    const line =
      modules.find((module) => module.path === path)?.imports.find(({ target }) => target === next)?.line ?? 1;
    const what = `is part of an import cycle: ${cycle.join(' → ')}`;
    return { path, line, what, remedy: 'Move what both sides need into a file of its own.' };
  });
}
