/** Commands that do nothing, whatever the repository holds. */
const NOTHING = /^(?:(?:\/usr)?(?:\/bin\/)?true|:|exit(?: 0)?|echo(?: .*)?|printf .*|)$/s;
const SUCCESS = /^(?:(?:\/usr)?(?:\/bin\/)?true|:|exit 0)$/;

/**
 * Says why a command can't be a check: it does nothing, or its outcome is thrown away. Not a proof that any other
 * command is one; it names what people write to get past a gate.
 */
export function hollow(command: string): string | undefined {
  const text = unwrapped(command.replace(/(^|\s)#.*$/gm, '').trim());
  const [parts, joints] = split(text);
  if (parts.every((part) => NOTHING.test(part))) return `"${command.trim()}" does nothing`;
  const last = parts.at(-1) ?? '';
  const joint = joints.at(-1);
  if (joint !== undefined && joint !== '&&' && SUCCESS.test(last)) return `"${command.trim()}" can't fail: it ends with "${joint === '\n' ? '' : `${joint} `}${last}"`;
  return undefined;
}

/** `sh -c "…"` is what is in it. */
function unwrapped(command: string): string {
  const inner = /^(?:\/bin\/|\/usr\/bin\/)?(?:ba|da|z)?sh -c (["'])(.*)\1$/s.exec(command)?.[2];
  return inner === undefined || inner === command ? command : unwrapped(inner.trim());
}

/** The simple commands, and what stands between them. */
function split(command: string): readonly [parts: readonly string[], joints: readonly string[]] {
  const pieces = command.split(/(&&|\|\||;|\n)/);
  const parts = pieces.filter((_, index) => index % 2 === 0).map((part) => part.trim());
  const joints = pieces.filter((_, index) => index % 2 === 1);
  while (parts.length > 1 && parts.at(-1) === '') {
    parts.pop();
    joints.pop();
  }
  return [parts, joints];
}
