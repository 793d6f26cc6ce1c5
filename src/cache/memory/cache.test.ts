import { cacheContract } from '../contract.ts';
import { memoryCache } from './cache.ts';

cacheContract((mostBytes) => memoryCache(mostBytes));
