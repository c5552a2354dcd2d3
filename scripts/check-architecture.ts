import { join, resolve } from 'node:path';
import { placeOf } from './architecture/place.ts';
import { readModules } from './architecture/read-modules.ts';
import { comfortableLines, findViolations } from './architecture/rules.ts';

/** Holds `src` to the rules of CONTRIBUTING.md. The project's folder is this one, or the first argument. */
const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
const modules = readModules(root);
const violations = findViolations(modules);

for (const { path, lineCount } of modules) {
  if (lineCount > comfortableLines && !placeOf(path).isTest) {
    console.warn(`${path}:${lineCount} warning: ${lineCount} lines; most files here have 60 to 150`);
  }
}
for (const { path, line, what, remedy } of violations) console.error(`${path}:${line} ${what}\n    ${remedy}`);

if (modules.length === 0) {
  console.error(`No TypeScript file under ${join(root, 'src')}: nothing was checked.`);
  process.exitCode = 1;
} else if (violations.length > 0) {
  console.error(`\n${violations.length} violations of CONTRIBUTING.md in ${modules.length} files.`);
  process.exitCode = 1;
} else {
  console.log(`${modules.length} files hold the rules of CONTRIBUTING.md.`);
}
