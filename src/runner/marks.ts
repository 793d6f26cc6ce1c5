import { digestOf } from '../foundation/digest.ts';
import type { Variables } from '../sandbox/processes.ts';

/** The marks by which processes can be found, whatever they do with groups and sessions. */
const CELL = 'TRUNKLINE_CELL';
const ATTEMPT = 'TRUNKLINE_ATTEMPT';

export interface Mark {
  /** The state folder's own, the same for each of its hosts. */
  readonly state: string;
  /** Of this host alone. */
  readonly host: string;
  readonly cell: string;
}

export const MARKS: readonly string[] = [CELL, ATTEMPT];

export function markVariables({ state, host, cell }: Mark, attempt = ''): { readonly [name: string]: string } {
  return { [CELL]: `${state}/${host}/${cell}`, ...(attempt === '' ? {} : { [ATTEMPT]: attempt }) };
}

export function bearsAttempt(mark: Mark, attempt: string): (environment: Variables) => boolean {
  const wanted = markVariables(mark)[CELL];
  return (environment) => environment.get(CELL) === wanted && environment.get(ATTEMPT) === attempt;
}

export function bearsCell(mark: Mark): (environment: Variables) => boolean {
  const wanted = markVariables(mark)[CELL];
  return (environment) => environment.get(CELL) === wanted;
}

/** Whether it is of this state folder, and not of this host. */
export function bearsEarlierHost({ state, host }: Pick<Mark, 'state' | 'host'>): (environment: Variables) => boolean {
  return (environment) => {
    const value = environment.get(CELL) ?? '';
    return value.startsWith(`${state}/`) && !value.startsWith(`${state}/${host}/`);
  };
}

/** Of the control group of a cell; of all those of a host, or of a state folder, the beginning. */
export function groupName({ state, host, cell }: Pick<Mark, 'state'> & Partial<Mark>): string {
  return ['trunkline', state, host, cell === undefined ? undefined : digestOf(cell).slice(7, 19)].filter((part) => part !== undefined).join('-');
}
