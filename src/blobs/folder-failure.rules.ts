/** What went wrong in the folder of blobs, in words that say how to mend it. `code` is the system's, such as ENOSPC. */
export function describeFolderFailure(doing: string, folder: string, code: string): { full: boolean; message: string } {
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return { full, message: `The blob folder ${folder} could not be ${doing} (${code}): ${remedies.get(code) ?? look}.` };
}

const look = 'look at its disk and at the system log';
const access = 'give it to the user that runs Posthorn, with mode 0700';
const files = 'raise the limit of open files';
const remedies = new Map([
  ['ENOSPC', 'free or add disk space; inodes count too'],
  ['EDQUOT', 'raise the quota of the user that runs Posthorn'],
  ['EACCES', access],
  ['EPERM', access],
  ['EROFS', 'mount its disk for writing'],
  ['EMFILE', files],
  ['ENFILE', files],
  ['ENOTDIR', 'something that is no folder stands in its way; move that away'],
  ['EISDIR', 'a folder stands where a blob belongs; move it away'],
]);
