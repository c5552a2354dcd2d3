/** The number is only part of the socket's file name: no TCP port is opened. */
export const socketPort = 5432;

const defaults: Record<string, string> = {
  listen_addresses: '',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  wal_level: 'replica',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  max_connections: '60',
  jit: 'off',
  // Deliveries are updated as fast as they are inserted. A vacuum that naps (cost delay) falls behind such a table for
  // good, and every claim then walks the dead rows, so vacuum comes often and runs at full speed.
  autovacuum_naptime: '10s',
  autovacuum_vacuum_cost_delay: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_min_messages: 'warning',
  // Statements may carry secrets: the log never shows them.
  log_min_error_statement: 'panic',
  log_startup_progress_interval: '5s',
};

/** Command line of the server. It outranks postgresql.conf and ALTER SYSTEM; `settings` outrank the defaults. */
export function serverArguments(input: {
  clusterFolder: string;
  socketFolder: string;
  settings: Record<string, string>;
}): string[] {
  const settings = {
    ...defaults,
    port: String(socketPort),
    unix_socket_directories: quoteListItem(input.socketFolder),
    unix_socket_permissions: '0700',
    ...input.settings,
  };
  return [
    '-D',
    input.clusterFolder,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

function quoteListItem(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}

/** The first folder whose socket path fits the kernel's limit in bytes (sun_path less its closing zero). */
export function firstFittingSocketFolder(folders: string[], platform: string): string | undefined {
  const limitBytes = platform === 'darwin' ? 103 : 107;
  return folders.find((folder) => new TextEncoder().encode(socketPath(folder)).length <= limitBytes);
}

export function socketPath(socketFolder: string): string {
  return `${socketFolder}/.s.PGSQL.${socketPort}`;
}
