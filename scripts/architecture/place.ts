import { posix } from 'node:path';

/** What a path under `src` is, as CONTRIBUTING.md names it. */
export interface Place {
  /** `''` for a file right under `src`. */
  area: string;
  kind: 'main' | 'config' | 'foundation' | 'transport' | 'capability';
  isTest: boolean;
  /** In a subfolder, or a `*.store.ts`: for its own area alone. */
  isInside: boolean;
  /** The area and the folder below it, such as `providers/documenso`; the area itself for a top-level file. */
  folder: string;
}

const foundations = new Set([
  'database',
  'egress',
  'filtering',
  'folder-lock',
  'ids',
  'sealing',
  'signing',
  'telemetry',
]);
const transports = new Set(['http', 'cli']);

/** Places a path such as `src/delivery/retry.rules.ts`. */
export function placeOf(path: string): Place {
  const parts = path.split('/').slice(1);
  const area = parts.length > 1 ? (parts[0] ?? '') : '';
  return {
    area,
    kind: kindOf(path, area),
    isTest: /\.(test|bench)\.ts$/.test(path),
    isInside: area !== '' && (parts.length > 2 || path.endsWith('.store.ts')),
    folder: posix.dirname(parts.join('/')),
  };
}

function kindOf(path: string, area: string): Place['kind'] {
  if (['src/main.ts', 'src/open-proving.ts', 'src/register-routes.ts'].includes(path)) return 'main';
  if (path === 'src/config.ts') return 'config';
  if (area === '' || foundations.has(area)) return 'foundation';
  return transports.has(area) ? 'transport' : 'capability';
}
