import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readModules } from '../../scripts/architecture/read-modules.ts';
import { findViolations } from '../../scripts/architecture/rules.ts';
import { plant, projectRoot, runNode } from './plant.ts';

const cleanTree: Record<string, string> = {
  'src/main.ts': `import { loadConfig } from './config.ts';
import { deliver } from './delivery/deliver.ts';
import { deliveryStore } from './delivery/delivery.store.ts';
import { serve } from './http/serve.ts';
export const start = () => serve(deliver, deliveryStore, loadConfig(process.env));`,
  'src/config.ts':
    'export interface Config { port: number }\nexport const loadConfig = (env: object) => ({ env, home: process.env.HOME });',
  'src/problem.ts': 'export class Problem extends Error {}',
  'src/clock.ts': 'export const systemClock = { now: () => Date.now() };',
  'src/cli/posthorn.ts': `const { start } = await import('../main.ts');\nstart();`,
  'src/http/serve.ts': `import { deliver } from '../delivery/deliver.ts';\nexport const serve = (...parts: unknown[]) => [deliver, parts];`,
  'src/delivery/deliver.ts': `import { backoffMs } from './backoff.rules.ts';
import { deliveryStore } from './delivery.store.ts';
import type { Config } from '../config.ts';
import { guardAddress } from '../egress/guard-address.ts';
import { findEndpoint } from '../endpoints/find-endpoint.ts';
export const deliver = (config: Config) => [config, backoffMs(1), deliveryStore, guardAddress, findEndpoint];`,
  'src/delivery/backoff.rules.ts': `import { createHmac } from 'node:crypto';
import type { Pool } from 'pg';
import { Problem } from '../problem.ts';
import { cap } from './cap.rules.ts';
export const backoffMs = (attempt: number, pool?: Pool) => cap([createHmac, Problem, pool, new Date(attempt)].length);`,
  'src/delivery/cap.rules.ts': 'export const cap = (ms: number) => Math.min(ms, 10);',
  'src/delivery/delivery.store.ts': 'export const deliveryStore = {};',
  'src/delivery/delivery.routes.ts': `import { serve } from '../http/serve.ts';\nexport const routes = serve;`,
  'src/delivery/deliver.test.ts': `import { deliver } from './deliver.ts';\nimport { hidden } from '../endpoints/inside/hidden.ts';\nprocess.env.TZ = 'UTC';\nvoid [deliver, hidden];`,
  'src/egress/guard-address.ts': 'export const guardAddress = 1;',
  'src/endpoints/find-endpoint.ts': `import { hidden } from './inside/hidden.ts';\nexport const findEndpoint = hidden;`,
  'src/endpoints/endpoint.store.ts': 'export const endpointStore = 1;\nexport type Row = number;',
  'src/endpoints/inside/hidden.ts': 'export const hidden = 1;',
};

function check(planted: Record<string, string>): string[] {
  using tree = plant({ ...cleanTree, ...planted });
  return findViolations(readModules(tree.root)).map(({ path, line, what }) => `${path}:${line} ${what}`);
}

test('the clean tree holds every rule', () => {
  expect(check({})).toEqual([]);
});

describe('a planted violation is refused, with its place', () => {
  const planted: { name: string; path: string; text: string; expected: string | RegExp }[] = [
    {
      name: "another capability's subfolder",
      path: 'src/delivery/planted.ts',
      text: `\nimport { hidden } from '../endpoints/inside/hidden.ts';\nvoid hidden;`,
      expected: 'src/delivery/planted.ts:2 reaches into the insides of endpoints: src/endpoints/inside/hidden.ts',
    },
    {
      name: "another capability's store",
      path: 'src/delivery/planted.ts',
      text: `import { endpointStore } from '../endpoints/endpoint.store.ts';`,
      expected: 'src/delivery/planted.ts:1 reaches into the insides of endpoints: src/endpoints/endpoint.store.ts',
    },
    {
      name: "another capability's store, as a type",
      path: 'src/delivery/planted.ts',
      text: `export type Row = import('../endpoints/endpoint.store.ts').Row;`,
      expected: /planted.ts:1 reaches into the insides of endpoints/,
    },
    {
      name: "another capability's store, re-exported",
      path: 'src/delivery/planted.ts',
      text: `export { endpointStore } from '../endpoints/endpoint.store.ts';`,
      expected: /planted.ts:1 reaches into the insides of endpoints/,
    },
    {
      name: "another capability's store, imported at run time",
      path: 'src/delivery/planted.ts',
      text: `export const store = await import('../endpoints/endpoint.store.ts');`,
      expected: /planted.ts:1 reaches into the insides of endpoints/,
    },
    {
      name: 'a transport that reaches into a store',
      path: 'src/http/planted.ts',
      text: `import { endpointStore } from '../endpoints/endpoint.store.ts';`,
      expected: /planted.ts:1 reaches into the insides of endpoints/,
    },
    {
      name: 'a capability that imports HTTP',
      path: 'src/delivery/planted.ts',
      text: `import type { serve } from '../http/serve.ts';`,
      expected: 'src/delivery/planted.ts:1 imports the transport src/http/serve.ts',
    },
    {
      name: 'a capability that imports the command line',
      path: 'src/delivery/planted.ts',
      text: `import '../cli/posthorn.ts';`,
      expected: 'src/delivery/planted.ts:1 imports the transport src/cli/posthorn.ts',
    },
    {
      name: 'a use case that imports routes',
      path: 'src/endpoints/planted.ts',
      text: `import { routes } from '../delivery/delivery.routes.ts';`,
      expected: 'src/endpoints/planted.ts:1 imports routes: src/delivery/delivery.routes.ts',
    },
    {
      name: 'a foundation that imports a capability',
      path: 'src/egress/planted.ts',
      text: `import { findEndpoint } from '../endpoints/find-endpoint.ts';`,
      expected: /planted.ts:1 is a foundation and imports the capability file src\/endpoints\/find-endpoint.ts/,
    },
    {
      name: 'the composition root imported from a capability',
      path: 'src/delivery/planted.ts',
      text: `import type { start } from '../main.ts';`,
      expected: 'src/delivery/planted.ts:1 imports src/main.ts',
    },
    {
      name: 'configuration taken instead of handed in',
      path: 'src/delivery/planted.ts',
      text: `import { loadConfig } from '../config.ts';`,
      expected: 'src/delivery/planted.ts:1 imports values of src/config.ts',
    },
    {
      name: 'test code in the product',
      path: 'src/delivery/planted.ts',
      text: `import { plant } from '../../tests/tooling/plant.ts';`,
      expected: 'src/delivery/planted.ts:1 imports tests/tooling/plant.ts from outside src',
    },
    {
      name: 'a relative import without its ending',
      path: 'src/delivery/planted.ts',
      text: `import { cap } from './cap.rules';`,
      expected: `src/delivery/planted.ts:1 imports './cap.rules' without its .ts ending`,
    },
    {
      name: 'a rule that imports a driver',
      path: 'src/delivery/planted.rules.ts',
      text: `import pg from 'pg';`,
      expected: 'src/delivery/planted.rules.ts:1 is pure and imports pg',
    },
    {
      name: 'a rule that imports an impure file',
      path: 'src/delivery/planted.rules.ts',
      text: `import { systemClock } from '../clock.ts';`,
      expected: 'src/delivery/planted.rules.ts:1 is pure and imports src/clock.ts',
    },
    {
      name: 'a rule that imports randomness',
      path: 'src/delivery/planted.rules.ts',
      text: `import { randomUUID } from 'node:crypto';`,
      expected: 'src/delivery/planted.rules.ts:1 is pure and imports randomUUID of node:crypto',
    },
    {
      name: 'a rule that opens a socket',
      path: 'src/delivery/planted.rules.ts',
      text: `import { connect } from 'node:net';`,
      expected: 'src/delivery/planted.rules.ts:1 is pure and imports connect of node:net',
    },
    ...[
      ['Date.now', 'export const at = Date.now();'],
      ['new Date()', 'export const at = new Date();'],
      ['Math.random', 'export const dice = Math.random();'],
      ['crypto.randomUUID', 'export const id = globalThis.crypto.randomUUID();'],
      ['performance.now', 'export const at = performance.now();'],
      ['setTimeout', 'export const timer = setTimeout(() => 1, 1);'],
      ['fetch', `export const answer = fetch('http://127.0.0.1');`],
      ['console.log', 'console.log(1);'],
    ].map(([what = '', text = '']) => ({
      name: `a rule that uses ${what}`,
      path: 'src/delivery/planted.rules.ts',
      text,
      expected: `src/delivery/planted.rules.ts:1 is pure and uses ${what}`,
    })),
    ...[
      'export const home = process.env.HOME;',
      `export const home = process['env']['HOME'];`,
      'export const { env } = process;',
      `import { env } from 'node:process'; export const home = env.HOME;`,
      `import own from 'node:process'; export const home = own.env.HOME;`,
      'export const home = globalThis.process.env.HOME;',
    ].map((text) => ({
      name: `the environment read by \`${text}\``,
      path: 'src/cli/planted.ts',
      text,
      expected: 'src/cli/planted.ts:1 reads process.env',
    })),
    {
      name: 'an import cycle',
      path: 'src/delivery/cap.rules.ts',
      text: `import { backoffMs } from './backoff.rules.ts';\nexport const cap = backoffMs;`,
      expected: /is part of an import cycle: .*backoff.rules.ts → .*cap.rules.ts/,
    },
    {
      name: 'an import cycle of types alone',
      path: 'src/delivery/cap.rules.ts',
      text: `import type { backoffMs } from './backoff.rules.ts';\nexport const cap = (x: number): typeof backoffMs | number => x;`,
      expected: /is part of an import cycle/,
    },
    ...['utils', 'lib', 'types', 'helpers', 'common', 'shared'].map((drawer) => ({
      name: `a folder named ${drawer}`,
      path: `src/delivery/${drawer}/planted.ts`,
      text: 'export const planted = 1;',
      expected: `src/delivery/${drawer}/planted.ts:1 lies in a drawer named ${drawer}`,
    })),
    {
      name: 'a barrel by name',
      path: 'src/delivery/index.ts',
      text: `export { deliver } from './deliver.ts';`,
      expected: 'src/delivery/index.ts:1 is a barrel',
    },
    {
      name: 'a barrel by deed',
      path: 'src/delivery/planted.ts',
      text: `export * from './cap.rules.ts';`,
      expected: 'src/delivery/planted.ts:1 re-exports a whole module',
    },
    {
      name: 'a file of 401 lines',
      path: 'src/delivery/planted.ts',
      text: 'export {};\n'.repeat(401),
      expected: 'src/delivery/planted.ts:400 has 401 lines, more than 400',
    },
  ];

  test.each(planted)('$name', ({ path, text, expected }) => {
    const found = check({ [path]: text });
    expect(found).toEqual([typeof expected === 'string' ? expected : expect.stringMatching(expected)]);
  });
});

describe('the command', () => {
  const script = join(projectRoot, 'scripts', 'check-architecture.ts');

  test('says place, reason and remedy, and fails', async () => {
    using tree = plant({ ...cleanTree, 'src/cli/planted.ts': 'export const home = process.env.HOME;' });
    const { code, output } = await runNode([script, tree.root], { cwd: tree.root });
    expect(output).toContain('src/cli/planted.ts:1 reads process.env\n    Add a field to src/config.ts');
    expect(code).toBe(1);
  });

  test('passes on the clean tree', async () => {
    using tree = plant(cleanTree);
    expect((await runNode([script, tree.root], { cwd: tree.root })).code).toBe(0);
  });

  test('fails where there is nothing to check', async () => {
    using tree = plant({ 'README.md': '' });
    expect((await runNode([script, tree.root], { cwd: tree.root })).code).toBe(1);
  });
});
