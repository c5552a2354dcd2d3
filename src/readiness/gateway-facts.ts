import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { GatewayFacts, SecretOrigin } from './instruments.ts';

/** Where a process finds itself. Values of the environment are only compared, never kept. */
export type Surroundings = {
  environment: Readonly<Record<string, string | undefined>>;
  /** The program's own arguments and Node's. */
  arguments: readonly string[];
  workingFolder: string;
};

export const dotenvFiles = ['.env', '.env.local', '.env.production', '.env.production.local', '.env.development'];

/** How this gateway is configured, for collectors: read when it starts. */
export function gatherGatewayFacts(config: Config, publicUrl: string, surroundings: Surroundings): GatewayFacts {
  const masterKeyGiven = config.masterKeys.length > 0;
  const operatorKeyGiven = config.operatorKey !== null;
  const file = surroundings.environment['POSTHORN_MASTER_KEY_FILE'];
  const masterKey: SecretOrigin =
    file === undefined || file === ''
      ? originOf('POSTHORN_MASTER_KEY', masterKeyGiven, surroundings)
      : { variable: 'POSTHORN_MASTER_KEY_FILE', from: isPrivate(file) ? 'private-file' : 'file' };
  return {
    environment: config.environment,
    publicUrl,
    logLevel: config.logLevel,
    allowNetworks: config.allowNetworks,
    masterKeyGiven,
    operatorKeyGiven,
    databaseConnections: config.databaseConnections,
    requestsPerSecond: config.requestsPerSecond,
    origins: [
      masterKey,
      originOf('POSTHORN_OPERATOR_KEY', operatorKeyGiven, surroundings),
      config.databaseUrl === null
        ? { variable: 'DATABASE_URL', from: 'unused' }
        : originOf('DATABASE_URL', true, surroundings),
    ],
  };
}

function originOf(variable: string, isGiven: boolean, surroundings: Surroundings): SecretOrigin {
  if (!isGiven) return { variable, from: 'generated' };
  const value = surroundings.environment[variable];
  if (value !== undefined && value !== '' && surroundings.arguments.some((each) => each.includes(value))) {
    return { variable, from: 'arguments' };
  }
  if (dotenvNames(surroundings.workingFolder).has(variable)) return { variable, from: 'dotenv' };
  if (value !== undefined && value !== '') return { variable, from: 'environment' };
  const config = surroundings.environment['POSTHORN_CONFIG'];
  return { variable, from: config !== undefined && isPrivate(config) ? 'private-file' : 'file' };
}

/** The variables that .env files in the working folder set. */
function dotenvNames(folder: string): Set<string> {
  const names = new Set<string>();
  for (const file of dotenvFiles) {
    let text: string;
    try {
      text = readFileSync(join(folder, file), 'utf8');
    } catch {
      continue;
    }
    for (const [, name] of text.matchAll(/^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/gm)) names.add(name ?? '');
  }
  return names;
}

function isPrivate(path: string): boolean {
  try {
    return (statSync(path).mode & 0o077) === 0;
  } catch {
    return false;
  }
}
