/** The log of one attempt: masked, bounded, on disk. */
export interface Log {
  /** Chunks may split anywhere, also inside a secret. */
  write(chunk: Uint8Array | string): void;
  /** The last lines written, masked, for the error. */
  lastLines(count: number): readonly string[];
  /** Resolves when all is on disk. */
  close(): Promise<void>;
}
