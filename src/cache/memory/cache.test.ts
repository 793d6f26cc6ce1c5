import { cacheContract } from '../contract.testing.ts';
import { memoryCache } from './cache.testing.ts';

cacheContract((mostBytes) => memoryCache(mostBytes));
