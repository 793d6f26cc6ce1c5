import type { StageName } from '../../pipeline/plan.ts';

/** What a stage left behind and could not be removed: its folder stays, and no work is kept from going on. */
export interface Left { readonly run: string; readonly stage: StageName; readonly error: unknown }
