export type ClusterVersion = 'same' | 'newer' | 'older' | 'unreadable';

/** Compares the PG_VERSION file of a cluster with the major version of the server (both as PostgreSQL writes them). */
export function compareClusterVersion(pgVersionFile: string, serverMajor: number): ClusterVersion {
  const text = pgVersionFile.trim();
  if (!/^\d+(\.\d+)?$/.test(text)) return 'unreadable';
  const major = Math.trunc(Number(text));
  if (major === serverMajor) return 'same';
  return major > serverMajor ? 'newer' : 'older';
}

/** The major version in the answer of `postgres --version`, such as `postgres (PostgreSQL) 18.4`. */
export function serverMajorVersion(versionLine: string): number | undefined {
  const match = /PostgreSQL\)? (\d+)/.exec(versionLine);
  return match ? Number(match[1]) : undefined;
}
