/**
 * Standard base64 with padding, one text per value: undefined for junk, white space, the URL alphabet, or bits left
 * over in the last character. (`Buffer.from(text, 'base64')` takes all of these without a word.)
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined;
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
