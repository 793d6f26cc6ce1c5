/**
 * Whether a remote's transport proves who asks and who answers. Undefined for a path on this machine: there, the
 * accounts and file permissions of the machine decide.
 */
export function isAuthenticating(remote: string): boolean | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(remote)?.[1]?.toLowerCase();
  if (scheme === 'file') return undefined;
  if (scheme !== undefined) return /^(ssh|https|git\+ssh|ssh\+git)$/.test(scheme);
  // `user@host:path` of ssh; a path holds a slash before its first colon, or none.
  return /^(?:[^/@:\s]+@)?[^/:\s]+:(?!\/\/)\S/.test(remote) && !/^[a-z]:[\\/]/i.test(remote) ? true : undefined;
}
