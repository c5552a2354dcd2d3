import { expect, test } from 'vitest';
import { chooseServerUser, parsePasswd } from './server-user.rules.ts';

const passwd = parsePasswd(
  'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nbob:x:1000:1001::/:/bin/sh\npostgres:x:26:27:::\n\n#x\n',
);
const root = { uid: 0, gid: 0 };

test('malformed passwd lines are skipped', () => {
  expect(passwd.map((account) => account.name)).toEqual(['root', 'nobody', 'bob', 'postgres']);
});

test('a process that is not root runs the server itself', () => {
  const user = chooseServerUser({ process: { uid: 7, gid: 8 }, passwd, dataFolderOwner: { uid: 1000, gid: 1001 } });
  expect(user).toEqual({ uid: 7, gid: 8, switched: false });
});

test("root gives the server to the cluster's owner, else the data folder's, else a well-known account", () => {
  const bob = { uid: 1000, gid: 5 };
  const stranger = { uid: 4242, gid: 43 };
  const choose = (dataFolderOwner: typeof root, clusterOwner?: typeof root) =>
    chooseServerUser({ process: root, passwd, dataFolderOwner, clusterOwner })?.uid;
  expect(choose(bob, stranger)).toBe(4242);
  expect(choose(bob, root)).toBe(1000);
  expect(choose(bob)).toBe(1000);
  expect(choose(stranger)).toBe(26);
  expect(choose(root)).toBe(26);
});

test('without any account there is nobody to run it', () => {
  const known = { process: root, passwd: parsePasswd('root:x:0:0:::\nnobody:x:0:0:::'), dataFolderOwner: root };
  expect(chooseServerUser(known)).toBeUndefined();
});
