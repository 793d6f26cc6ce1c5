const MOST_LINES = 20;

/** What git printed, as lines that may be shown: no credentials of a URL, no control characters, the last ones only. */
export function printable(text: string): string[] {
  return withoutCredentials(text).split(/[\r\n]+/)
    // oxlint-disable-next-line no-control-regex
    .map((line) => line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '').trimEnd())
    .filter((line) => line !== '')
    .slice(-MOST_LINES);
}

/** Everything between `scheme://` and the last `@` of the word: too much is better than a part of a password. */
export function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s'"<>]*@/gi, '$1');
}
