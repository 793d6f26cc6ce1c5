import { TrunklineError } from '../foundation/errors.ts';

/** An error of the file system as what it means to a person; what is not one is given back as it is. */
export function storageFault(error: unknown, doing: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new TrunklineError('DISK_FULL', 'infra', `the disk is full: could not ${doing}; nothing half-written was left`, 'free some space, for example with "trunkline gc", and try again');
    case 'EMFILE':
    case 'ENFILE':
      return new TrunklineError('TOO_MANY_FILES', 'infra', `too many files are open: could not ${doing}`, 'raise the limit with "ulimit -n 4096" and try again');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new TrunklineError('STORAGE_DENIED', 'infra', `the file system does not allow it (${code}): could not ${doing}`, 'make the folder writable for the user that runs Trunkline');
    case 'EIO':
      return new TrunklineError('STORAGE_FAILED', 'infra', `the disk failed (EIO): could not ${doing}`, 'check the disk before anything else');
    default:
      return error;
  }
}
