import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue } from '../src/readiness/load-catalogue.ts';
import { drills } from '../src/drills/shipped-drills.ts';

/**
 * Notes in docs/drill-proofs.md which drills were seen to pass, to fail on their planted defect, and to pass again: what
 * `npm run test:drills` left under reports/mutations, and what was noted before of drills that have not changed since.
 */
type Proof = { check: string; version: number; before: string; broken: string; mended: string };

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'drill-proofs.md');
const { checks } = loadCatalogue();

const noted = readFileSync(page, 'utf8').matchAll(/^\| `(?<check>[\w.-]+)` \| (?<version>\d+) \|/gm);
const versions = new Map<string, number>();
for (const { groups } of noted) versions.set(groups?.['check'] ?? '', Number(groups?.['version']));
for (const file of globSync('reports/mutations/drill.*.json', { cwd: root })) {
  const { check, version, before, broken, mended } = JSON.parse(readFileSync(join(root, file), 'utf8')) as Proof;
  if ([before, broken, mended].join() === 'passed,failed,passed') versions.set(check, version);
}

const rows = drills
  .filter(({ checkId, version }) => versions.get(checkId) === version)
  .map(({ checkId, version }) => `| \`${checkId}\` | ${version} | ${checks.get(checkId)?.brokenBy ?? ''} |`)
  .toSorted();
const head = `# Drills that were proven able to fail

Each was seen to pass on a gateway, to fail on one of a copy of the source with the defect planted in it (or with the defect
in what is drilled), and to pass again: \`npm run test:drills\`, then \`npm run record:proofs\`. A drill that is changed has
another version, and is not proven before it is seen so again.

${rows.length} of ${drills.length} drills.

| drill | version | the defect that it is to find |
|---|---|---|
`;
writeFileSync(page, `${head}${rows.join('\n')}\n`);
process.stdout.write(`${rows.length} of ${drills.length} drills are proven able to fail\n`);
