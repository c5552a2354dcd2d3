import { dirname, resolve } from 'node:path';
import { isSettingName, quote, remedyForUnknownName, type SettingName, settings } from './settings.rules.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The little that configuration reads from disk. `read` throws what `node:fs` throws; `mode` is null where unknown. */
export type FileSystem = { read(path: string): string; mode(path: string): number | null };

/** One thing that is wrong: which name, what, and how to mend it. Never holds a secret. */
export type SettingProblem = { variable: string; what: string; remedy: string };

/** What is set, with where it came from: relative paths of the file are relative to the file. */
export type SettingSources = {
  get(name: SettingName): string | undefined;
  /** The absolute path that the setting names. */
  path(name: SettingName, fallback: string): string;
  problems: SettingProblem[];
  warnings: SettingProblem[];
};

/** Other programs of this project read these; they are nobody's typing error. */
const foreignNames = /^POSTHORN_(TEST|CRASH|BENCH)_/;

/** Lays the environment over the file that POSTHORN_CONFIG names. An empty variable counts as unset. */
export function gatherSettings(env: Environment, files: FileSystem, workingFolder: string): SettingSources {
  const problems: SettingProblem[] = [];
  const warnings: SettingProblem[] = [];
  const fromEnvironment = readEnvironment(env, warnings);
  const configPath = fromEnvironment.get('POSTHORN_CONFIG');
  const file = configPath === undefined ? undefined : resolve(workingFolder, configPath);
  const fromFile = file === undefined ? new Map<SettingName, string>() : readFile(file, files, problems, warnings);
  return {
    get: (name) => fromEnvironment.get(name) ?? fromFile.get(name),
    path(name, fallback) {
      const own = fromEnvironment.get(name);
      if (own !== undefined) return resolve(workingFolder, own);
      const filed = fromFile.get(name);
      if (filed !== undefined && file !== undefined) return resolve(dirname(file), filed);
      return resolve(workingFolder, fallback);
    },
    problems,
    warnings,
  };
}

function readEnvironment(env: Environment, warnings: SettingProblem[]): Map<SettingName, string> {
  const found = new Map<SettingName, string>();
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value.trim() === '') continue;
    if (isSettingName(name)) found.set(name, value.trim());
    else if (name.startsWith('POSTHORN_') && !foreignNames.test(name)) {
      warnings.push({ variable: name, what: 'is set and means nothing here', remedy: remedyForUnknownName(name) });
    }
  }
  // curl and most of the world read the lower-case spelling first.
  for (const name of ['HTTPS_PROXY', 'NO_PROXY'] as const) {
    const lower = env[name.toLowerCase()]?.trim();
    if (lower !== undefined && lower !== '') found.set(name, lower);
  }
  return found;
}

function readFile(
  path: string,
  files: FileSystem,
  problems: SettingProblem[],
  warnings: SettingProblem[],
): Map<SettingName, string> {
  const found = new Map<SettingName, string>();
  let content: unknown;
  try {
    content = JSON.parse(files.read(path));
  } catch (error) {
    const unreadable = !(error instanceof SyntaxError);
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    problems.push({
      variable: 'POSTHORN_CONFIG',
      what: unreadable ? `${path} cannot be read (${code})` : `${path} is not JSON`,
      remedy: unreadable ? 'name a file that this user can read' : 'write one object of names and values',
    });
    return found;
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    problems.push({ variable: 'POSTHORN_CONFIG', what: `${path} is no object`, remedy: 'write {"PORT": 8420}' });
    return found;
  }
  for (const [name, value] of Object.entries(content)) {
    if (!isSettingName(name) || name === 'POSTHORN_CONFIG') {
      const remedy = name === 'POSTHORN_CONFIG' ? 'name the file in the environment only' : remedyForUnknownName(name);
      problems.push({ variable: quote(name), what: `${path} sets it and it means nothing there`, remedy });
      continue;
    }
    const text = textOf(value);
    if (text === null) {
      const remedy = 'write a string, a number, true, false, or a list of strings';
      problems.push({ variable: name, what: `${path} gives it a value of another kind`, remedy });
    } else if (text.trim() !== '') found.set(name, text.trim());
  }
  const mode = files.mode(path);
  const secret = [...found.keys()].find((name) => settings[name].secret);
  if (secret !== undefined && mode !== null && (mode & 0o077) !== 0) {
    warnings.push({ variable: secret, what: `others can read it in ${path}`, remedy: `chmod 600 ${path}` });
  }
  return found;
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join(',');
  return null;
}
