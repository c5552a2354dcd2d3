import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from './plant.ts';

interface LockedPackage {
  version?: string;
  resolved?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  allowScripts: Record<string, boolean>;
  optionalDependencies: Record<string, string>;
};
const { packages } = JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const locked = Object.entries(packages).filter(([path]) => path !== '');

/** What Node would find for `name` from the package at `path`: nearest node_modules first. */
function find(path: string, name: string): LockedPackage | undefined {
  for (let base = path; ; base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules/') - 1))) {
    const found = packages[`${base === '' ? '' : `${base}/`}node_modules/${name}`];
    if (found !== undefined || base === '') return found;
  }
}

// An `npm install` that cannot see a platform's package leaves it out, and `npm ci` then fails for everyone.
test('every dependency is locked, those for other platforms too', () => {
  const missing = locked.flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.entries({ ...dependencies, ...optionalDependencies })
      .filter(([name, wanted]) => {
        const found = find(path, name);
        return found === undefined || (/^\d+\.\d+\.\d+(?!\.?[x*])/.test(wanted) && found.version !== wanted);
      })
      .map(([name, wanted]) => `${path} wants ${name}@${wanted}`),
  );
  expect(missing).toEqual([]);
});

test('every package is locked by its hash, and none to the host of one registry', () => {
  expect(locked.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
  expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test('Node and PostgreSQL are pinned to one version for each platform', () => {
  const names = Object.keys(manifest.optionalDependencies);
  const lockedVersions = Object.fromEntries(names.map((name) => [name, find('', name)?.version]));
  expect(lockedVersions).toEqual(manifest.optionalDependencies);
});

test('no install script runs', () => {
  const withScript = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  const undecided = withScript
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
    .filter((name) => manifest.allowScripts[name] !== false);
  expect(undecided).toEqual([]);
});
