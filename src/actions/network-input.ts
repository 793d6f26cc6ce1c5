import { z } from 'zod';
import { hostFault } from '../pipeline/network.ts';

/** As `sh` and suites keep it in the plan. */
export const networkInput = z.union([z.enum(['none', 'registries']), z.array(z.string().max(253).refine((host) => hostFault(host) === undefined, 'write hosts')).min(1).max(64).readonly()]);
