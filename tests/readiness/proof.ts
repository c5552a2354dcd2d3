import { uuidFromId } from '../../src/ids/id.rules.ts';
import type { ReadyGateway } from './ready-gateway.ts';

/** How a check is proven able to fail: a defect, planted where a real one would be, and mended again. */
export type Proof = {
  check: string;
  /** What it is proven on. */
  subject: (gateway: ReadyGateway) => string;
  /** The defect that is planted, where it is another than the one that the catalogue names: and why. */
  insteadOf?: string;
  plant: (gateway: ReadyGateway) => Promise<unknown>;
  mend: (gateway: ReadyGateway) => Promise<unknown>;
  /** Other checks that the same defect concerns. */
  related?: readonly string[];
};

export const theGateway = (): string => 'gateway';
export const theTeam = ({ team }: ReadyGateway): string => team;
export const ofId =
  (name: keyof ReadyGateway['ids']) =>
  ({ ids }: ReadyGateway): string =>
    ids[name];

/** One statement, with the uuid of something of the gateway as $1. */
export const sql =
  (text: string, of?: (gateway: ReadyGateway) => string) =>
  async (gateway: ReadyGateway): Promise<void> => {
    const { rowCount } = await gateway.pool.query(text, of === undefined ? [] : [uuidFromId(of(gateway))]);
    if (rowCount === 0) throw new Error(`nothing was changed by: ${text}`);
  };

export const patch =
  (path: (gateway: ReadyGateway) => string, body: object | ((gateway: ReadyGateway) => object)) =>
  (gateway: ReadyGateway): Promise<unknown> =>
    gateway.api.call(
      'PATCH',
      `/v1/teams/${gateway.team}/${path(gateway)}`,
      typeof body === 'function' ? body(gateway) : body,
    );

/** Started with another setting; undefined takes it away. */
export const configured =
  (name: string, value: string | undefined) =>
  ({ environment }: ReadyGateway): Promise<void> => {
    if (value === undefined) delete environment[name];
    else environment[name] = value;
    return Promise.resolve();
  };

export const inTurn =
  (...steps: ((gateway: ReadyGateway) => Promise<unknown>)[]) =>
  async (gateway: ReadyGateway): Promise<void> => {
    for (const step of steps) await step(gateway);
  };

/** Moves rows into a table of the test's own, from where `putBack` takes them again. */
export const takeAway = (table: string, rows: string, of: (gateway: ReadyGateway) => string) =>
  inTurn(
    ({ pool }) => pool.query(`CREATE TABLE taken (LIKE ${table})`),
    sql(`WITH gone AS (DELETE FROM ${table} WHERE ${rows} RETURNING *) INSERT INTO taken SELECT * FROM gone`, of),
  );

export const putBack = (table: string, columns: string) =>
  inTurn(sql(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM taken`), ({ pool }) =>
    pool.query('DROP TABLE taken'),
  );

/** Endpoints as they were before their events came: a change is only compared with what follows it. */
export const asIfLongAgo = sql('UPDATE endpoint SET updated_at = created_at');
