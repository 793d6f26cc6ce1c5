/** Commands that do nothing, whatever the repository holds. */
const NOTHING = /^(?:(?:\/usr)?(?:\/bin\/)?true|:|exit(?: 0)?|echo(?: .*)?|printf .*|)$/s;
/** Passes on whatever comes in, and forgets how what it came from has ended. */
const SINK = /\|\s*(?:tee\b[^|]*|cat(?:\s+-)?)\s*$/;

/**
 * Says why a command can't be a check: it does nothing, runs only when a variable that is set nowhere says so, or its
 * outcome is thrown away. Not a proof that any other command is one; it names what people write to get past a gate.
 */
export function hollow(command: string): string | undefined {
  const text = unwrapped(command.replace(/(^|\s)#.*$/gm, '').trim());
  const shown = JSON.stringify(command.trim().slice(0, 200)).slice(1, -1).replace(/\\"/g, '"');
  const guard = guardOf(text);
  if (guard !== undefined) return `"${shown}" runs only when ${guard} says so, and is skipped by default`;
  const [parts, joints] = split(text);
  if (parts.every((part) => NOTHING.test(part))) return `"${shown}" does nothing`;
  if (/(^|[;\n&])\s*set\s+-\w*e/.test(text)) return undefined;
  const last = parts.at(-1) ?? '';
  const joint = joints.at(-1);
  if (!canFail(parts, joints)) return `"${shown}" can't fail: it ends with "${joint === '\n' || joint === undefined ? '' : `${joint} `}${last}"`;
  if (SINK.test(last) && !/pipefail/.test(text)) return `"${shown}" can't fail: what counts is how "${last.slice(last.lastIndexOf('|') + 1).trim()}" ends`;
  return undefined;
}

/** Why a tool's findings are nobody's business: it was told to pass whatever it finds, and nothing else reads them. */
export function toothless(commands: readonly string[]): string | undefined {
  const flag = commands.map((command) => /(?:^|\s)(--exit-zero|--exit-code[= ]0|--soft-fail|--no-fail|--fail-level[= ]never|--severity-threshold[= ]none)(?=\s|$)/.exec(command)?.[1]).find((found) => found !== undefined);
  return flag === undefined ? undefined : `it passes whatever it finds (${flag}), and nothing reads its findings: name them with "findings"`;
}

/** `sh -c "…"` is what is in it. */
function unwrapped(command: string): string {
  const inner = /^(?:\/bin\/|\/usr\/bin\/)?(?:ba|da|z)?sh -c (["'])(.*)\1$/s.exec(command)?.[2];
  return inner === undefined || inner === command ? command : unwrapped(inner.trim());
}

/** The variable without which nothing that matters runs. */
function guardOf(text: string): string | undefined {
  const whole = /^if\s+(?:\[\[?|test)\s+([^;\n]*?)\]{0,2}\s*[;\n]\s*then\b([\s\S]*?)(?:\belse\b([\s\S]*?))?\bfi\s*;?$/.exec(text);
  if (whole) return (whole[3] === undefined || isNothing(whole[3])) && !whole[2]?.includes('\nfi') ? variableIn(whole[1]) : undefined;
  const short = /^(?:\[\[?|test)\s+([^&|\n;]*?)\]{0,2}\s*&&[\s\S]*(?:\|\||[;\n])\s*(?:true|:|exit 0|echo\b[^\n]*|printf\b[^\n]*)$/.exec(text);
  if (short) return variableIn(short[1]);
  return /^\$\{(\w+):?-(?:true|:|false|echo[^}]*)\}/.exec(text)?.[1]?.replace(/^/, '$') ?? /^(?:\[\[?|test)\s+([^&|\n;]*?)\]{0,2}\s*\|\|\s*exit 0\b/.exec(text)?.slice(1, 2).map(variableIn)[0];
}

function variableIn(condition: string | undefined): string | undefined {
  const name = /\$\{?(\w+)/.exec(condition ?? '')?.[1];
  return name === undefined || /^(CI|HOME|PWD|PATH|TMPDIR|PORT|BASE_URL)$/.test(name) ? undefined : `$${name}`;
}

function isNothing(text: string): boolean {
  return split(text.trim())[0].every((part) => NOTHING.test(part));
}

/** Whether the outcome of anything that does something reaches the end. Only the last of several lists counts. */
function canFail(parts: readonly string[], joints: readonly string[]): boolean {
  let from = parts.length - 1;
  while (from > 0 && (joints[from - 1] === '&&' || joints[from - 1] === '||')) from -= 1;
  let fails = !NOTHING.test(parts[from] ?? '');
  for (let at = from + 1; at < parts.length; at += 1) {
    const does = !NOTHING.test(parts[at] ?? '');
    fails = joints[at - 1] === '&&' ? fails || does : fails && does;
  }
  return fails;
}

/** The simple commands, and what stands between them. */
function split(command: string): readonly [parts: readonly string[], joints: readonly string[]] {
  const parts: string[] = [''];
  const joints: string[] = [];
  // A quote that is never closed is a word like another.
  for (const [piece, joint] of command.matchAll(/'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|(&&|\|\||;|\n)|[^]/g)) {
    if (joint === undefined) parts.push(`${parts.pop() ?? ''}${piece}`);
    else {
      joints.push(joint);
      parts.push('');
    }
  }
  parts.forEach((part, index) => { parts[index] = part.trim(); });
  while (parts.length > 1 && parts.at(-1) === '') {
    parts.pop();
    joints.pop();
  }
  return [parts, joints];
}
