/** The last `capacity` bytes of a stream, in a ring. */
export class Tail {
  readonly #ring: Buffer;
  #next = 0;
  /** Bytes that have been pushed in all. */
  total = 0;

  constructor(capacity: number) {
    this.#ring = Buffer.alloc(capacity);
  }

  get capacity(): number {
    return this.#ring.length;
  }

  push(bytes: Buffer): void {
    const { capacity } = this;
    const last = bytes.subarray(Math.max(0, bytes.length - capacity));
    const untilEnd = Math.min(last.length, capacity - this.#next);
    last.copy(this.#ring, this.#next, 0, untilEnd);
    last.copy(this.#ring, 0, untilEnd);
    this.#next = capacity === 0 ? 0 : (this.#next + last.length) % capacity;
    this.total += bytes.length;
  }

  bytes(): Buffer {
    return this.total >= this.capacity
      ? Buffer.concat([this.#ring.subarray(this.#next), this.#ring.subarray(0, this.#next)])
      : Buffer.from(this.#ring.subarray(0, this.#next));
  }
}
