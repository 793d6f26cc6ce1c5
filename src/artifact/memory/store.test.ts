import { artifactStoreContract } from '../contract.ts';
import { memoryStore } from './store.ts';

artifactStoreContract('memory', async () => ({ store: memoryStore(), [Symbol.asyncDispose]: async () => {} }));
