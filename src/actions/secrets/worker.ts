/** A thread that can be ended at any time: texts of a commit may be made to keep a search busy for ever. */
import { parentPort } from 'node:worker_threads';
import { lookAt, type Piece } from './look.ts';

// The library marks each of its steps, and looks through all marks at each: the time grows with the square of the files.
performance.mark = (name) => ({ name, entryType: 'mark', startTime: 0, duration: 0, detail: null, toJSON: () => ({}) });

parentPort?.on('message', (pieces: readonly Piece[]) => {
  // What is thrown may hold the text: only that it was thrown is told.
  Promise.all(pieces.map((piece) => lookAt(piece))).then((hits) => parentPort?.postMessage(hits), () => parentPort?.postMessage(undefined));
});
