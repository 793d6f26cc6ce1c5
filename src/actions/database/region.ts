import type { ErrorRecord } from '../../foundation/errors.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Secret } from '../../foundation/secret.ts';
import { formatDuration, type Millis } from '../../foundation/units.ts';
import { admit, halfApplied, type Admission } from './admission.ts';
import { Ledger } from './ledger.ts';
import type { Migration } from './migration.ts';
import { applyWithDbmate, type ToolEnd } from './tool.ts';

export interface Work {
  readonly run: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export interface Applied { readonly migration: string; readonly duration: Millis }

const LOCK_ATTEMPTS = 5;
const LOCK_BACKOFF: Millis = 500;

/** The database of one region, held against other runs until {@link close}. */
export class Region {
  readonly name: string;
  readonly #url: Secret;
  readonly #ledger: Ledger;

  private constructor(name: string, url: Secret, ledger: Ledger) {
    this.name = name;
    this.#url = url;
    this.#ledger = ledger;
  }

  static async open(name: string, url: Secret, signal: AbortSignal): Promise<Region> {
    return new Region(name, url, await Ledger.open(url, signal));
  }

  async admit(migrations: readonly Migration[]): Promise<Admission | ErrorRecord> {
    return admit(migrations, await this.#ledger.state());
  }

  /** Applies what was admitted, one migration after the other; ends at the first that fails. */
  async apply(admission: Admission, work: Work): Promise<{ readonly applied: readonly Applied[]; readonly error?: ErrorRecord }> {
    for (const id of admission.finish) await this.#ledger.finish(id, work.clock.now());
    for (const id of admission.forget) await this.#ledger.forget(id);
    for (const migration of admission.adopt) {
      await this.#ledger.begin(migration, 'before trunkline', work.clock.now());
      await this.#ledger.finish(migration.id, work.clock.now());
    }
    const applied: Applied[] = [];
    for (const migration of admission.pending) {
      const started = work.clock.now();
      const error = await this.#applyOne(migration, work);
      if (error) return { applied, error };
      applied.push({ migration: migration.file, duration: work.clock.now() - started });
    }
    return { applied };
  }

  close(): Promise<void> {
    return this.#ledger.close();
  }

  async #applyOne(migration: Migration, work: Work): Promise<ErrorRecord | undefined> {
    const log = (line: string): void => work.log(`${this.name}: ${line}`);
    for (let attempt = 1; ; attempt++) {
      work.signal.throwIfAborted();
      await this.#ledger.begin(migration, work.run, work.clock.now());
      const end = await applyWithDbmate(migration, this.#url, work.signal, log);
      // It says that it failed, or the database says that nothing was recorded: either is enough.
      const outcome = await this.#settle(migration, work, end);
      if (outcome === 'applied') return undefined;
      if (outcome !== 'nothing') return outcome;
      const waitedForLock = end.errors.some((line) => line.includes('(55P03)'));
      if (!waitedForLock || attempt === LOCK_ATTEMPTS) return failure(this.name, migration, end.errors);
      log(`${migration.file} could not get its lock; trying again (${attempt + 1} of ${LOCK_ATTEMPTS}) in ${formatDuration(LOCK_BACKOFF * attempt)}`);
      await work.clock.sleep(LOCK_BACKOFF * attempt, work.signal);
    }
  }

  /** Brings the ledger in line with the database after one attempt. */
  async #settle(migration: Migration, work: Work, { failed, errors }: ToolEnd): Promise<'applied' | 'nothing' | ErrorRecord> {
    const { recorded, fingerprint, ledger } = await this.#ledger.state();
    if (recorded.includes(migration.id) && !failed) {
      await this.#ledger.finish(migration.id, work.clock.now());
      return 'applied';
    }
    if (recorded.includes(migration.id)) {
      const failedWith = errors.find((line) => line.trim() !== '')?.slice(0, 500) ?? 'it said nothing';
      await this.#ledger.fail(migration.id, failedWith);
      return { ...halfApplied({ ...migration, run: work.run, failedWith }, migration), lastLines: errors.slice(-20) };
    }
    const row = ledger.find(({ id }) => id === migration.id);
    if (row?.transactional && row.before === fingerprint) {
      await this.#ledger.forget(migration.id);
      return 'nothing';
    }
    return { ...halfApplied({ ...migration, run: work.run, failedWith: null }, migration), ...(errors.length > 0 ? { lastLines: errors.slice(-20) } : {}) };
  }
}

function failure(region: string, { file }: Migration, errors: readonly string[]): ErrorRecord {
  const reported = errors.filter((line) => line.trim() !== '').slice(-20);
  const first = reported[0] ?? 'dbmate reported no error, yet the database did not record it';
  const sql = reported.some((line) => line.includes('pq: '));
  const locked = reported.some((line) => line.includes('(55P03)'));
  const slow = reported.some((line) => line.includes('(57014)'));
  return {
    code: locked ? 'MIGRATION_LOCKED' : 'MIGRATION_FAILED',
    class: sql && !locked ? 'code' : 'infra',
    message: `${file} failed in ${region} and was rolled back: ${first.replace(/^Error: /, '')}`,
    hint: locked ? 'something holds the table; retry when it is less busy'
      : slow ? 'split it into smaller steps, or set statement_timeout in the migration'
        : sql ? 'correct the migration' : 'see that the database runs',
    ...(reported.length > 0 ? { lastLines: reported } : {}),
  };
}
