/** One command of a shell line: its words without their quotes, after what it sets for itself. */
export type SimpleCommand = readonly string[];

const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'fi', 'while', 'until', 'do', 'done', '!', '{', '}', 'time']);
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;

/**
 * The commands that a line of `sh` names, as far as they can be told without running it; undefined where they can't:
 * `for`, `case`, functions and here-documents.
 */
export function commandsOf(line: string): readonly SimpleCommand[] | undefined {
  const commands: string[][] = [[]];
  for (const token of tokens(line)) {
    if (token.separates) {
      commands.push([]);
      continue;
    }
    const current = commands.at(-1)!;
    if (current.length === 0 && (KEYWORDS.has(token.text) || ASSIGNMENT.test(token.text))) continue;
    if (current.length === 0 && ['for', 'case', 'function', 'select'].includes(token.text)) return undefined;
    if (token.text.startsWith('<<')) return undefined;
    current.push(token.text);
  }
  return commands.map(withoutRedirections).filter((words) => words.length > 0);
}

interface Token { readonly text: string; readonly separates: boolean }

const TOKEN = /\s*(?:(?<end>&&|\|\||[;|\n()]|&(?![>\d]))|(?<comment>#[^\n]*)|(?<word>(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\([^()]*\)|`[^`]*`|\d*[<>]+&?\d*|&>|[^\s;&|()'"\\`#<>]|(?<=\S)#)+))/y;

function* tokens(line: string): Generator<Token> {
  const text = line.replaceAll('\\\n', ' ').replaceAll('\n', ';').trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text);
    // What has no end, such as an open quote, is the shell's to refuse.
    if (!found) return;
    if (found.groups!['end'] !== undefined) yield { text: found.groups!['end'], separates: true };
    else if (found.groups!['word'] !== undefined) yield { text: unquoted(found.groups!['word']), separates: false };
  }
}

function unquoted(word: string): string {
  return word.replace(/'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])/g, (_all, single: string | undefined, double: string | undefined, escaped: string | undefined) => single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? '');
}

function withoutRedirections(words: readonly string[]): SimpleCommand {
  return words.filter((word, index) => !/^\d*[<>]|^&>/.test(word) && !/^(\d*[<>]+|&>)$/.test(words[index - 1] ?? ''));
}
