/** Writes docs/reference/tools.md from the readers themselves: `node scripts/reference.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Reference } from '../src/reports/format.ts';
import { formats } from '../src/reports/formats.ts';
import { findingsFormats } from '../src/reports/names.ts';
import { billTools, standardTools, testTools } from '../src/reports/tools.ts';

const root = new URL('../', import.meta.url);
export const page = fileURLToPath(new URL('docs/reference/tools.md', root));

export function toolsPage(): string {
  const versions = JSON.parse(readFileSync(new URL('test/recorded/versions.json', root), 'utf8')) as { readonly [name: string]: string };
  const basis = (recorded: string | undefined): string => (recorded === undefined ? 'after its published format, not recorded' : `held to recorded output, of ${/^\d/.test(versions[recorded] ?? '') ? 'version ' : ''}${versions[recorded] ?? '?'}`);
  const entry = ({ tool, rows, use, recorded }: Omit<Reference, 'severities'>, more: readonly string[] = []): string => [
    `### ${tool}`, '', `For ${rows.map((row) => `\`${row}\``).join(', ')}; ${basis(recorded)}.`, '', '```ts', use, '```', ...more.flatMap((line) => ['', line]), '',
  ].join('\n');
  const codes = (given: readonly number[]): string => given.length === 0 ? 'No exit code but 0 is accepted.'
    : `Exit ${given.length > 3 ? `codes ${given[0]} to ${given.at(-1)}` : `code${given.length > 1 ? 's' : ''} ${given.join(' and ')}`}, with something in the report, leave${given.length > 1 ? '' : 's'} the findings to decide.`;
  return `${[
    '# Tools that you have already', '',
    'Written by `node scripts/reference.ts` from the readers in `src/reports`; a test holds it up to date.', '',
    'Any tool takes part by writing a file in a standard form, or in its own where that is listed here. `sh` runs it and says',
    'where the file is; what it found is then judged, suppressed, compared with the baseline, shown, attested and exported',
    'like what the built-in actions find. These hold for all:', '',
    '- `failOn` names the least severity of which one finding fails the action; without it `"medium"`. `atMost` gives a number for each severity instead.',
    '- A file that was promised must be written, by this run: one of an earlier run is deleted before the command begins, and its folder is made.',
    '- A tool that exits with the code by which it says that it found something, and whose report holds something, has not failed: what it found decides. With an empty report, or any other exit code, the command has failed.',
    '- Paths are made relative to the repository. A place outside of it is told in the message, and not opened.',
    '- JSON is read up to 64 MiB, nested up to 100 deep, with up to three million values and no field twice in one object; XML and text up to 1 GiB, piece by piece. XML may declare no entities. UTF-8 and UTF-16 are read. Anything else is an error that names the file and the place.',
    '- The worst 10,000 findings are kept; of the others the number counts, by severity.',
    '- A suppression that the tool knows of holds where it has a reason, and is shown with it. All tools share `trunkline-ignore RULE until YYYY-MM-DD: why` beside the line.',
    '- Several formats of one command are judged together.', '',
    '## Findings', '',
    ...findingsFormats.map((name) => entry(formats[name].reference, [`Severities: ${formats[name].reference.severities}.`, codes(formats[name].exitCodes)])),
    '## Tools that write one of these forms', '',
    ...standardTools.map((tool) => entry(tool, [`Read as \`${tool.format}\`.`])),
    '## Tests and coverage', '',
    'Tests are read from JUnit XML (`junit`), coverage from lcov or Cobertura (`coverage`); several files by a glob are one',
    'report, in which a line is covered that any of them has covered. `atLeast: { lines, branches, changedLines }` gives the',
    'least shares; the error names the files and lines that lack a test. A commit that changes no line that can be covered is',
    'asked for no changed line, and the log says so. Files of which most tools say nothing, since no test loads them, are',
    'named in the log when they were changed: have the tool measure them too (`--coverage.include`, `--source`). Cobertura',
    'says of a line how many of its branches were taken and not which, so of several reports the best counts.', '',
    ...testTools.map((tool) => entry(tool)),
    '## Bills of materials', '',
    'With `sbom` the command writes CycloneDX 1.x or SPDX 2.x as JSON. It is kept and, where it is CycloneDX, attested, and',
    'dependencies are analysed from it. What says when and where it was made is taken out: provenance says that. Components',
    'without a package URL are named in the log, since no advisory can be matched with them.', '',
    ...billTools.map((tool) => entry(tool)),
  ].join('\n').trimEnd()}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, toolsPage());
