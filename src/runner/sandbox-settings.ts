import { z } from 'zod';
import { hostFault } from '../pipeline/network.ts';

const host = z.string().max(253).refine((text) => text !== 'registries' && hostFault(text) === undefined, 'write HOST or HOST:PORT, without "https://"');

/** The operator's word on what code of commits may use of this machine: `sandbox.json` in the state folder. */
export const sandboxSchema = z.strictObject({
  /** Further registries of this machine, by name; they may lie in a private network. */
  registries: z.array(host).max(256).optional(),
  /** What one cell may use: bytes of memory and disk, and a number of processes and threads. */
  limits: z.strictObject({ memory: z.int().min(64 * 1024 ** 2), processes: z.int().min(32), disk: z.int().min(1024 ** 2) }).partial().optional(),
  /** Whether commands find the name and password of the machine's proxy, where they have no network of their own. */
  proxyCredentials: z.boolean().optional(),
});

export type SandboxSettings = z.infer<typeof sandboxSchema>;
