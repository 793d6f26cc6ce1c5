import { errorRecord, type ErrorRecord } from './foundation/errors.ts';

/** What no waiting can mend: whoever hosts is told, and ends. */
export class SetUpWrongly extends Error {
  constructor(cause: unknown) {
    super((cause as Error).message, { cause });
  }
}

/** What a host could not do, told when it begins, when it changes and when it is over. None of it ends the host. */
export class Troubles {
  readonly #tell: (line: string) => void;
  readonly #told = new Map<string, string>();

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  /**
   * @param what it is about, such as a region; `isOver` says when failures mean nothing any more.
   * @throws the cause of {@link SetUpWrongly}, and nothing else.
   */
  async during(what: string, work: () => Promise<unknown>, isOver: () => boolean): Promise<void> {
    try {
      await work();
      if (this.#told.delete(what)) this.#tell(`${what}: it works again`);
    } catch (error) {
      if (error instanceof SetUpWrongly) throw error.cause;
      if (!isOver()) this.#say(what, errorRecord(error));
    }
  }

  #say(what: string, { message, hint, code }: ErrorRecord): void {
    if (this.#told.get(what) === message) return;
    this.#told.set(what, message);
    this.#tell(`${what}: ${message} [${code}]; it is tried again${hint === undefined ? '' : ` (${hint})`}`);
  }
}
