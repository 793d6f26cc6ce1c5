import type { Fact } from '../../../src/core/facts.ts';
import type { Command } from '../../../src/core/command.ts';
import type { Event } from '../../../src/journal/events.ts';
import type { Book } from '../book.ts';

/** What was done to the pipeline, of which the events are the answer. */
export type Input =
  | { readonly what: 'command'; readonly command: Command; readonly user: string }
  /** `fence`: the entry of the stage in which the effect was begun that answers. */
  | { readonly what: 'fact'; readonly fact: Fact; readonly fence?: number }
  | { readonly what: 'look' };

export interface Case { readonly book: Book; readonly input: Input; readonly now: number }

/** What a sentence of the specification says against an event, at the moment before it; undefined for nothing. */
export type Law<Type extends Event['type']> = (event: Extract<Event, { readonly type: Type }>, at: Case) => string | undefined;

export type Laws = { readonly [Type in Event['type']]?: Law<Type> };

/** The first of the sentences that is violated. */
export function unless(...sentences: readonly (readonly [holds: boolean, sentence: string])[]): string | undefined {
  return sentences.find(([holds]) => !holds)?.[1];
}

export function isCommand<Type extends Command['type']>({ input }: Case, type: Type): boolean {
  return input.what === 'command' && input.command.type === type;
}

export function factIn({ input }: Case): Fact | undefined {
  return input.what === 'fact' ? input.fact : undefined;
}
