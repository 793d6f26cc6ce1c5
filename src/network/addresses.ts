import { BlockList, isIP } from 'node:net';

const inner = new BlockList();
for (const [address, prefix] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['224.0.0.0', 4], ['240.0.0.0', 4],
] as const) inner.addSubnet(address, prefix, 'ipv4');
for (const [address, prefix] of [['::', 127], ['64:ff9b::', 96], ['64:ff9b:1::', 48], ['100::', 64], ['2002::', 16], ['2001::', 32], ['fc00::', 7], ['fe80::', 10], ['fec0::', 10], ['ff00::', 8]] as const) inner.addSubnet(address, prefix, 'ipv6');

/**
 * Whether an address leads to this machine, to its neighbours or to nobody: loopback, private, shared, link-local (where
 * clouds answer with credentials), multicast and reserved, also where it is wrapped into one of IPv6.
 */
export function isInner(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  // A rule of IPv4 holds for ::ffff:a.b.c.d too.
  return inner.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
