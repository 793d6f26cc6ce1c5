import { artifactStoreContract } from '../contract.testing.ts';
import { memoryStore } from './store.testing.ts';

artifactStoreContract('memory', async () => ({ store: memoryStore(), [Symbol.asyncDispose]: async () => {} }));
