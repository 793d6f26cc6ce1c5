/** Every sentence of the specification that the model holds the pipeline to. */
import type { Event } from '../../src/journal/events.ts';
import { actionLaws } from './laws/actions.ts';
import { admissionLaws } from './laws/admission.ts';
import type { Case, Law, Laws } from './laws/law.ts';
import { releaseLaws } from './laws/release.ts';

const laws: Laws = { ...admissionLaws, ...actionLaws, ...releaseLaws };

export function eventFault(event: Event, at: Case): string | undefined {
  const law = laws[event.type] as Law<typeof event.type> | undefined;
  return law?.(event as never, at);
}
