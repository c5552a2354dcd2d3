import { type Config, type ConfigReading, environmentWith, readConfig } from '../config.ts';
import { embeddedProblem, leftDatabases } from '../database/look-at-embedded.ts';
import { checkDataFolder, hasDatabase, keptMasterKeys } from './doctor/check-data-folder.ts';
import { checkDatabase } from './doctor/check-database.ts';
import { checkDisk, checkNode, checkOpenFiles } from './doctor/check-machine.ts';
import { checkPort } from './doctor/check-port.ts';
import { type Finding, fail, ok, renderFinding, warn } from './doctor/finding.rules.ts';
import { describeError } from './failure.ts';
import { counted, readableSize } from './terminal/readable.rules.ts';
import type { Terminal } from './terminal/terminal.ts';

export type DoctorOptions = { config?: string; data?: string; json?: true };

/** Checks and says what it found; the exit code is 1 when something fails. Changes nothing. */
export async function runDoctor(options: DoctorOptions, terminal: Terminal): Promise<0 | 1> {
  const reading = readConfig(environmentWith({ POSTHORN_CONFIG: options.config, POSTHORN_DATA: options.data }));
  const findings = await examine(reading);
  const failed = findings.filter((finding) => finding.state === 'FAIL').length;
  const warned = findings.filter((finding) => finding.state === 'WARN').length;
  if (options.json === true) terminal.out(JSON.stringify({ ok: failed === 0, findings }, null, 2));
  else {
    for (const finding of findings) for (const line of renderFinding(finding, terminal)) terminal.out(line);
    const rest = reading.config === null ? ' The rest is checked once the configuration is mended.' : '';
    terminal.out('');
    terminal.out(`${counted(failed, 'failure')}, ${counted(warned, 'warning')}.${rest}`);
  }
  return failed === 0 ? 0 : 1;
}

/** Every finding, in the order in which a person would look. */
export async function examine(reading: ConfigReading, sharedFolder?: string): Promise<Finding[]> {
  const findings = [checkNode(), ...(await checkOpenFiles()), ...judgeConfig(reading)];
  const { config } = reading;
  if (config === null) return findings;
  const port = await checkPort(config);
  return [
    ...findings,
    ...(await checkDataFolder(config)),
    await checkDisk(config.dataFolder),
    ...(await checkLeftDatabases(sharedFolder)),
    ...port.findings,
    ...(config.databaseUrl === null
      ? [await checkEmbedded(config, port.running)]
      : await checkDatabase(config.databaseUrl, { ...config, masterKeys: await keptMasterKeys(config) })),
  ];
}

function judgeConfig(reading: ConfigReading): Finding[] {
  const findings = [
    ...reading.problems.map((each) => fail('configuration', `${each.variable} ${each.what}`, each.remedy)),
    ...reading.warnings.map((each) => warn('configuration', `${each.variable} ${each.what}`, each.remedy)),
  ];
  if (reading.config === null) return findings;
  return [ok('configuration', `valid, for ${reading.config.environment}`), ...findings];
}

/** Databases that a data folder led to which is gone: they take space, and only a person knows whether for nothing. */
async function checkLeftDatabases(sharedFolder?: string): Promise<Finding[]> {
  const left = await leftDatabases(sharedFolder);
  return left.map(({ folder, dataFolder, sizeBytes }) => {
    const what = `${folder} (${readableSize(sizeBytes)}) is of ${dataFolder}, which is gone or has another database`;
    return warn('old database', what, `when that was not only moved or unmounted: rm -r '${folder}'`);
  });
}

/** The embedded server belongs to the Posthorn that starts it, so it is only looked at from outside. */
async function checkEmbedded(config: Config, running: boolean): Promise<Finding> {
  if (running) return ok('database', 'embedded; the running Posthorn answers for it');
  const problem = await embeddedProblem(config.dataFolder);
  if (problem !== null) {
    const { what, remedy } = describeError(problem);
    return fail('database', what, remedy ?? '');
  }
  const made = await hasDatabase(config.dataFolder);
  return ok('database', made ? 'embedded; starts with posthorn up' : 'embedded; made at the first start');
}
