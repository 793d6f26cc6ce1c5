/** Loaded before everything else: puts the mistake that `SABOTAGE` names into the file where it belongs. */
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutants } from './mutants.ts';

const mutant = mutants.find(({ name }) => name === process.env['SABOTAGE']);
if (!mutant) throw new Error(`there is no mistake ${JSON.stringify(process.env['SABOTAGE'])}`);
const target = fileURLToPath(new URL(`../../${mutant.file}`, import.meta.url));

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.startsWith('file:') || fileURLToPath(url) !== target || loaded.source === undefined || loaded.source === null) return loaded;
    const text = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString('utf8');
    if (text.split(mutant.find).length !== 2) throw new Error(`${mutant.file} does not hold ${JSON.stringify(mutant.find)} exactly once: write the mistake "${mutant.name}" anew`);
    return { ...loaded, source: text.replace(mutant.find, () => mutant.replace) };
  },
});
