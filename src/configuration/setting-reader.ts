import type { FileSystem, SettingSources } from './setting-sources.ts';
import type { Parsed, SettingName } from './settings.rules.ts';

/** Reads one setting; what is wrong with it goes to the problems, and the fallback takes its place. */
export type ReadSetting = <Value, Fallback>(
  name: SettingName,
  parse: (text: string) => Parsed<Value>,
  fallback: Fallback,
) => Value | Fallback;

export function readerOf(sources: SettingSources): ReadSetting {
  return (name, parse, fallback) => {
    const text = sources.get(name);
    if (text === undefined) return fallback;
    const parsed = parse(text);
    if (parsed.ok) return parsed.value;
    sources.problems.push({ variable: name, what: parsed.what, remedy: parsed.remedy });
    return fallback;
  };
}

/** The text of the file that a setting names; null when it cannot be read, which is a problem. */
export function readNamedFile(sources: SettingSources, files: FileSystem, variable: SettingName): string | null {
  const path = sources.path(variable, '');
  try {
    return files.read(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    sources.problems.push({ variable, what: `${path} cannot be read (${code})`, remedy: 'name a readable file' });
    return null;
  }
}

/** A secret that is set itself or, instead, kept in the file that another setting names. Null: neither, or a problem. */
export function readSecret<Value>(
  sources: SettingSources,
  files: FileSystem,
  names: { itself: SettingName; file: SettingName },
  parse: (text: string) => Parsed<Value>,
): Value | null {
  const { itself, file } = names;
  if (sources.get(file) === undefined) return readerOf(sources)(itself, parse, null);
  if (sources.get(itself) !== undefined) {
    sources.problems.push({ variable: file, what: `is set beside ${itself}`, remedy: 'set one of the two' });
    return null;
  }
  const path = sources.path(file, '');
  const text = readNamedFile(sources, files, file);
  if (text === null) return null;
  const mode = files.mode(path);
  if (mode !== null && (mode & 0o007) !== 0) {
    sources.warnings.push({ variable: file, what: `everyone can read ${path}`, remedy: `chmod 600 ${path}` });
  }
  const parsed = parse(text.trim());
  if (parsed.ok) return parsed.value;
  sources.problems.push({ variable: file, what: `${path}: ${parsed.what}`, remedy: parsed.remedy });
  return null;
}
