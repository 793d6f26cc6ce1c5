/** All benchmarks, one after the other: each prints ratios to a bare limit that is measured in the same run. */
await import('./overhead.ts');
await import('./dag.ts');
await import('./masking.ts');
await import('./hook.ts');
await import('./cache.ts');
