/** Many followers of one host in a process of their own: each reads all events from the first on, and lets them fall. */
import { request } from 'node:http';

const [socketPath = '', count = '50'] = process.argv.slice(2);
let [bytes, open] = [0, Number(count)];
for (let index = 0; index < Number(count); index += 1) {
  request({ socketPath, path: '/events?after=0', agent: false }, (response) => response.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('close', () => (open -= 1))).on('error', () => (open -= 1)).end();
}
process.stdin.resume().once('end', () => {
  process.stdout.write(JSON.stringify({ bytes, open }));
  process.exit();
});
