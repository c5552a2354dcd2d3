import { type Program, Visitor } from 'oxc-parser';

interface Found {
  what: string;
  offset: number;
}

const impureMembers = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'crypto.randomUUID',
  'crypto.getRandomValues',
  'crypto.randomBytes',
  'crypto.randomInt',
  'process.hrtime',
]);
const impureCalls = new Set(['fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']);

/** Uses of the clock, of randomness, of timers, of the network, of the console and of the environment. */
export function findEffects(program: Program): Found[] {
  const found: Found[] = [];
  const processNames = new Set(['process']);
  const see = (what: string, offset: number): void => {
    found.push({ what, offset });
  };
  new Visitor({
    ImportDeclaration(node) {
      if (node.source.value !== 'node:process' && node.source.value !== 'process') return;
      for (const specifier of node.specifiers) {
        if (specifier.type !== 'ImportSpecifier') processNames.add(specifier.local.name);
        else if (nameOf(specifier.imported) === 'env') see('process.env', node.start);
      }
    },
    MemberExpression(node) {
      const object = nameOf(node.object);
      const property = nameOf(node.property);
      if (object === undefined || property === undefined) return;
      const isGlobal = object === 'globalThis' || object === 'global';
      if (property === 'env' && (processNames.has(object) || node.object.type === 'MetaProperty')) {
        see('process.env', node.start);
      } else if (impureMembers.has(`${object}.${property}`)) see(`${object}.${property}`, node.start);
      else if (object === 'console') see(`console.${property}`, node.start);
      else if (isGlobal && impureCalls.has(property)) see(property, node.start);
    },
    VariableDeclarator(node) {
      if (node.id.type !== 'ObjectPattern' || !processNames.has(nameOf(node.init) ?? '')) return;
      const takesEnv = node.id.properties.some((part) => part.type === 'Property' && nameOf(part.key) === 'env');
      if (takesEnv) see('process.env', node.start);
    },
    NewExpression(node) {
      if (nameOf(node.callee) === 'Date' && node.arguments.length === 0) see('new Date()', node.start);
    },
    CallExpression(node) {
      const callee = nameOf(node.callee);
      if (callee === 'Date') see('Date()', node.start);
      else if (node.callee.type === 'Identifier' && impureCalls.has(node.callee.name))
        see(node.callee.name, node.start);
    },
  }).visit(program);
  return found;
}

/** `import('./x.ts').X` in a type is an import too, which the module record leaves out. */
export function findTypeImports(program: Program): { specifier: string; offset: number }[] {
  const found: { specifier: string; offset: number }[] = [];
  new Visitor({
    TSImportType(node) {
      found.push({ specifier: node.source.value, offset: node.start });
    },
  }).visit(program);
  return found;
}

interface Named {
  type: string;
  name?: unknown;
  value?: unknown;
  object?: Named;
  property?: Named;
}

/** The name of an identifier, of a string key, or of what follows `globalThis.`; undefined for anything else. */
function nameOf(node: unknown): string | undefined {
  const named = node as Named | null | undefined;
  if (!named) return undefined;
  if (named.type === 'Identifier' && typeof named.name === 'string') return named.name;
  if (named.type === 'Literal' && typeof named.value === 'string') return named.value;
  if (named.type === 'MetaProperty') return 'import.meta';
  if (named.type === 'MemberExpression' && nameOf(named.object) === 'globalThis') return nameOf(named.property);
  return undefined;
}
