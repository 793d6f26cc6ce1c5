/** What people and programs may ask of a pipeline. `user` is the operating system's; it is never taken from a commit. */
export type Command =
  | { readonly type: 'run'; readonly commit: string; readonly again: boolean }
  | { readonly type: 'approve'; readonly run: string; readonly as?: string; readonly text?: string;
      /** The digest shown to the approver; refused when it is no longer the one that waits. */ readonly evidence?: string;
      /** The digest of all that the approver was shown, in the same way. */ readonly shown?: string }
  | { readonly type: 'reject'; readonly run: string; readonly as?: string; readonly reason: string; readonly defect: boolean }
  | { readonly type: 'cancel'; readonly run: string; readonly reason: string }
  | { readonly type: 'retry'; readonly run: string; readonly actions: 'failed' | 'all' }
  | { readonly type: 'rollback'; readonly to?: string; readonly reason: string }
  | { readonly type: 'resume'; readonly run: string }
  | { readonly type: 'down'; readonly environment?: string }
  /** Who approves production from now on; what is left out stays. */
  | { readonly type: 'approvers'; readonly groups?: readonly string[]; readonly atLeast?: number; readonly ownChanges?: 'refused' | 'allowed' }
  | { readonly type: 'poll' };

/** What a command came to: the run that it is about, and whether it began something new. */
export interface Answer { readonly run?: string; readonly message: string; readonly began: boolean }
