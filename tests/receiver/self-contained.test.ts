import { isBuiltin } from 'node:module';
import { expect, it } from 'vitest';
import { readModules } from '../../scripts/architecture/read-modules.ts';
import { projectRoot } from '../tooling/plant.ts';

it('the receiver imports nothing but itself and what Node has, and so can be copied into any application', () => {
  const modules = readModules(projectRoot).filter(
    ({ path }) => path.startsWith('src/receiver/') && !path.endsWith('.test.ts'),
  );
  expect(modules.map(({ path }) => path)).toContain('src/receiver/receiver.ts');
  const foreign = modules.flatMap(({ path, imports }) =>
    imports
      .filter(({ specifier, target }) =>
        target === undefined ? !isBuiltin(specifier) : !/^src\/receiver\/[^/]+$/.test(target),
      )
      .map(({ specifier }) => `${path} imports ${specifier}`),
  );
  expect(foreign).toEqual([]);
});
