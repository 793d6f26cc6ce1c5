export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** One line of JSON for each thing that happened. Never a customer's name, never an address of the database. */
export interface Log {
  info(message: string, fields?: Fields): void;
  error(message: string, error: unknown, fields?: Fields): void;
}

export function jsonLog(write: (line: string) => void, now: () => Date = () => new Date()): Log {
  const line = (level: string, message: string, fields: Fields = {}): void => write(`${JSON.stringify({ at: now().toISOString(), level, message, ...fields })}\n`);
  return {
    info: (message, fields) => line('info', message, fields),
    error: (message, error, fields) => line('error', message, { ...fields, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  };
}
