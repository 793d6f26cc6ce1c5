import { Agent } from 'node:http';

const MOST = 256;

/** The way to one instance: its port, and connections that are kept for the next request. */
export class Connections {
  readonly port: number;
  readonly kept = new Agent({ keepAlive: true, maxSockets: MOST, maxFreeSockets: MOST, scheduling: 'lifo' });

  constructor(port: number) {
    this.port = port;
  }

  destroy(): void {
    this.kept.destroy();
  }
}
