import { DatabaseSync } from 'node:sqlite';

/** Held until it is closed or its process ends, by the kernel's own account. */
export interface Lock { close(): void }

/** A lock that no crash can leave behind: SQLite's on an empty database. Undefined when another process has it. */
export function takeLock(file: string): Lock | undefined {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (/database is locked/.test(String(error))) return undefined;
    throw error;
  }
}
