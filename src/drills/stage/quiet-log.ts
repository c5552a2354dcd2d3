import type { openDatabase } from '../../database/open-database.ts';

const ignore = (): void => undefined;

/** What a database of a drill says concerns nobody: its drill tells what it saw. */
export const quietLog: Parameters<typeof openDatabase>[0]['log'] = { info: ignore, warn: ignore, error: ignore };
