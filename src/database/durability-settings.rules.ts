/** The server settings that decide whether a commit survives a crash, as the server itself reports them. */
export type DurabilitySettings = {
  fsync: string;
  full_page_writes: string;
  synchronous_commit: string;
  synchronous_standby_names: string;
};

/**
 * One plain warning for each setting under which "a 2xx means committed" does not hold. Sources: PostgreSQL 18
 * documentation, 19.5.1 (fsync, synchronous_commit, full_page_writes) and 19.6.2 (synchronous_standby_names).
 */
export function durabilityWarnings(settings: DurabilitySettings): string[] {
  const warnings: string[] = [];
  if (settings.fsync === 'off') {
    warnings.push(
      'fsync is off: a power cut or a crash of the system can lose accepted events or corrupt the database',
    );
  }
  if (settings.full_page_writes === 'off') {
    warnings.push(
      'full_page_writes is off: a power cut can leave torn pages that recovery cannot mend, unless the storage ' +
        'writes 8 kB pages atomically',
    );
  }
  if (settings.synchronous_commit === 'off') {
    warnings.push('synchronous_commit is off: events accepted in the last moments before a crash are lost');
  }
  // Without synchronous standbys, local, remote_write and on mean the same: flushed here.
  if (settings.synchronous_standby_names.trim() !== '') {
    if (settings.synchronous_commit === 'local') {
      warnings.push(
        'synchronous_commit is local although synchronous standbys are set: a failover can lose accepted events',
      );
    }
    if (settings.synchronous_commit === 'remote_write') {
      warnings.push(
        'synchronous_commit is remote_write: a failover to a standby whose system crashed too can lose accepted events',
      );
    }
  }
  return warnings;
}
