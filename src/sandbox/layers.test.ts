import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breaches, type Layer, mountPoints, mountTable, waitingPoints } from './layers.ts';
import { type Mount, mountOf, parseMounts, reachable } from './mounts.ts';

const MOUNTINFO = `20 1 254:0 / / rw,relatime - ext4 /dev/vda rw
21 20 0:21 / /proc rw,nosuid,nodev,noexec - proc proc rw
22 20 0:22 / /sys rw,nosuid,nodev - sysfs sysfs rw
23 22 0:23 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro
24 20 0:24 / /home rw,relatime - ext4 /dev/vdb rw
25 24 0:25 / /home/u/with\\040space rw,noatime - ext4 /dev/vdc rw
26 20 0:26 / /run rw - tmpfs tmpfs rw
27 22 0:27 / /sys rw - tmpfs over rw
`;
const machine = reachable(parseMounts(MOUNTINFO));
const points = (mounts: readonly Mount[]): readonly string[] => mounts.map(({ point }) => point);

test('a mount that another lies over is not reached, nor what lies on it', () => {
  assert.deepEqual(points(machine), ['/', '/proc', '/sys', '/home', '/home/u/with space', '/run']);
  assert.equal(machine[2]?.id, '27');
});

test('a path lies on the deepest mount above it', () => {
  assert.equal(mountOf('/home/u/with space/x', machine)?.point, '/home/u/with space');
  assert.equal(mountOf('/homes', machine)?.point, '/');
});

const layers: readonly Layer[] = [
  { target: '/home/u/state/work', source: '/home/u/state/work', writable: true, file: false },
  { target: '/home/u', source: '/s/covers/0', writable: false, file: false },
  { target: '/home/u/tools', source: '/home/u/tools', writable: false, file: false },
  { target: '/home/u/state', source: '/s/covers/1', writable: false, file: false },
  { target: '/run', source: '/s/covers/2', writable: false, file: false },
];
const fresh = [{ target: '/dev/shm', type: 'tmpfs', options: 'mode=1777' }] as const;

test('places to mount on are made in what the next outer layer shows', () => {
  assert.deepEqual(mountPoints(layers, fresh).map(({ path }) => path), ['/s/covers/1/work', '/s/covers/0/tools', '/s/covers/0/state']);
  assert.deepEqual(waitingPoints('/run', layers).map(({ path }) => path), ['/s/covers/2/.trunkline/0', '/s/covers/2/.trunkline/1', '/s/covers/2/.trunkline/2', '/s/covers/2/.trunkline/3']);
});

test('the table puts aside, shuts, lays and covers, in this order', () => {
  assert.deepEqual(mountTable('/run', layers, fresh, machine).split('\n'), [
    '/s/covers/2 /run none bind 0 0',
    '/s/covers/0 /run/.trunkline/0 none rbind 0 0',
    '/home/u/tools /run/.trunkline/1 none rbind 0 0',
    '/s/covers/1 /run/.trunkline/2 none rbind 0 0',
    '/home/u/state/work /run/.trunkline/3 none rbind 0 0',
    'none /run/.trunkline/0 none remount,bind,ro,relatime 0 0',
    'none /run/.trunkline/1 none remount,bind,ro,relatime 0 0',
    'none /run/.trunkline/2 none remount,bind,ro,relatime 0 0',
    'none /. none remount,bind,ro,relatime 0 0',
    'none /sys none remount,bind,ro 0 0',
    'none /home none remount,bind,ro,relatime 0 0',
    '/run/.trunkline/0 /home/u none rbind 0 0',
    '/run/.trunkline/1 /home/u/tools none rbind 0 0',
    '/run/.trunkline/2 /home/u/state none rbind 0 0',
    '/run/.trunkline/3 /home/u/state/work none rbind 0 0',
    'trunkline /dev/shm tmpfs mode=1777 0 0',
    'none /run none remount,bind,ro,relatime 0 0',
    'trunkline /run/.trunkline tmpfs ro,size=4k,mode=0 0 0',
    '',
  ]);
});

test('a path with spaces can be mounted', () => {
  const odd = { target: '/srv/a b', source: '/srv/a b', writable: true, file: false };
  assert.match(mountTable('/run', [...layers, odd], [], machine), /^\/srv\/a\\040b \/run\/\.trunkline\/\d none rbind 0 0$/m);
});

test('what is not as it should be is named', () => {
  const mount = (point: string, options: string): Mount => ({ id: point, parent: '/', point, options: options.split(',') });
  const sealed = [mount('/', 'ro'), mount('/proc', 'rw'), mount('/home/u', 'ro'), mount('/home/u/tools', 'ro'), mount('/home/u/state', 'ro'), mount('/home/u/state/work', 'rw'), mount('/run', 'ro'), mount('/dev/shm', 'rw')];
  assert.deepEqual(breaches(layers, fresh, sealed), []);
  const without = (point: string): readonly Mount[] => sealed.filter((other) => other.point !== point);
  assert.deepEqual(breaches(layers, fresh, without('/home/u/state')), ['nothing lies over /home/u/state']);
  assert.deepEqual(breaches(layers, fresh, [...without('/home/u/state/work'), mount('/home/u/state/work', 'ro')]), ["/home/u/state/work can't be written"]);
  assert.deepEqual(breaches(layers, fresh, [...without('/'), mount('/', 'rw')]), ['/ can be written']);
  assert.deepEqual(breaches(layers, fresh, [...sealed, mount('/srv', 'rw')]), ['/srv can be written']);
});
