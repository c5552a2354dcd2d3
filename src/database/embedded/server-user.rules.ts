import type { Account } from './reachability.rules.ts';

/** Who the server runs as; `switched` says that this process is root and has to change to that account. */
export type ServerUser = Account & { switched: boolean };

type NamedAccount = Account & { name: string };

const preferredNames = ['posthorn', 'postgres', 'nobody'];

/** Accounts of a passwd file (passwd(5)); malformed lines are skipped. */
export function parsePasswd(text: string): NamedAccount[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (!name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/**
 * PostgreSQL refuses to run as root. An existing cluster keeps its owner, whoever that is; a new one goes to the data
 * folder's owner, else to the first of posthorn, postgres and nobody. initdb wants an account with a name, so a new
 * cluster never goes to a uid that passwd does not list. Undefined when no account is left.
 */
export function chooseServerUser(known: {
  process: Account;
  passwd: NamedAccount[];
  dataFolderOwner: Account;
  clusterOwner?: Account | undefined;
}): ServerUser | undefined {
  if (known.process.uid !== 0) return { ...known.process, switched: false };
  const listed = (uid: number) => known.passwd.find((account) => account.uid === uid);
  const cluster = known.clusterOwner;
  if (cluster && cluster.uid !== 0) return as(listed(cluster.uid) ?? cluster);
  const owner = known.dataFolderOwner.uid === 0 ? undefined : listed(known.dataFolderOwner.uid);
  if (owner) return as(owner);
  const named = preferredNames
    .map((name) => known.passwd.find((account) => account.name === name))
    .find((account) => account && account.uid !== 0);
  return named && as(named);
}

function as(account: Account): ServerUser {
  return { uid: account.uid, gid: account.gid, switched: true };
}
