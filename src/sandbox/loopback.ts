/**
 * A new network namespace has a loopback that is down, and util-linux has no program that raises it. One of these is on
 * every machine: iproute2, net-tools or busybox, or a language that can make the one call of the kernel that it takes.
 */
const SIOCSIFFLAGS = 0x8914;
/** IFF_UP, IFF_LOOPBACK and IFF_RUNNING. */
const FLAGS = 0x49;
const PERL = `socket(my $s, 2, 2, 0) or exit 1; my $r = pack("Z16 s x22", "lo", ${FLAGS}); exit(ioctl($s, ${SIOCSIFFLAGS}, $r) ? 0 : 1)`;
const PYTHON = `import fcntl, socket, struct; fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), ${SIOCSIFFLAGS}, struct.pack('16sh22x', b'lo', ${FLAGS}))`;

const WAYS: readonly (readonly [program: string, ...words: readonly string[]])[] = [
  ['ip', 'link', 'set', 'lo', 'up'], ['ifconfig', 'lo', 'up'], ['busybox', 'ip', 'link', 'set', 'lo', 'up'], ['perl', '-e', PERL], ['python3', '-I', '-c', PYTHON],
];

/** All the ways there are on this machine, the best first. @param find gives the path of a program. */
export function raisingLoopback(find: (name: string) => string | undefined): readonly (readonly string[])[] {
  return WAYS.flatMap(([program, ...words]) => {
    const path = find(program);
    return path === undefined ? [] : [[path, ...words]];
  });
}
