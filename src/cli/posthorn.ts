#!/usr/bin/env -S node --max-semi-space-size=32
// The young generation holds what is under way, so that little of it is copied twice: a twentieth of the processor.
// Nothing is imported before the version is known: an older Node would stop at syntax that it does not know.
const newestTooOld = 23;

if (Number.parseInt(process.versions.node, 10) <= newestTooOld) {
  process.stderr.write(
    `posthorn: Node ${process.versions.node} is too old; install Node 24 or newer from https://nodejs.org\n`,
  );
  process.exitCode = 1;
} else {
  const { runCommandLine } = await import('./command-line.ts');
  await runCommandLine(process.argv.slice(2));
}

export {};
