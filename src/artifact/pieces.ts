import { refused } from './tarheader.ts';

/** Takes bytes from a stream in the amounts that the format asks for. */
export class Pieces {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async exactly(count: number): Promise<Buffer> {
    while (this.#held.length < count) this.#held = Buffer.concat([this.#held, await this.#next()]);
    return this.#take(count);
  }

  /** At least one byte. */
  async atMost(count: number): Promise<Buffer> {
    if (this.#held.length === 0) this.#held = await this.#next();
    return this.#take(Math.min(count, this.#held.length));
  }

  async onlyZeros(): Promise<boolean> {
    for (;;) {
      if (this.#held.some((byte) => byte !== 0)) return false;
      const { done, value } = await this.#source.next();
      if (done === true) return true;
      this.#held = Buffer.from(value);
    }
  }

  async #next(): Promise<Buffer> {
    for (;;) {
      const { done, value } = await this.#source.next();
      if (done === true) throw refused('it ends in the middle of an entry');
      if (value.byteLength > 0) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  }

  #take(count: number): Buffer {
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }
}
