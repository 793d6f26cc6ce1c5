import { evidenceDigest } from '../artifact/verify.ts';
import type { Digest } from '../foundation/units.ts';
import type { Run } from './state.ts';

/** What an approver approves: the digest over all attestations of the release up to Gamma. */
export function evidenceOf(run: Run): Digest {
  return evidenceDigest(run.evidence.filter(({ stage }) => stage !== 'prod').map(({ digest }) => digest));
}
