import type ts from 'typescript';
import { weakSetting } from './crypto.ts';
import { leadsElsewhere } from './addresses.ts';
import { scriptWritten } from './stores.ts';
import { escapingSet } from './templates.ts';
import type { Flow } from './program.ts';
import type { Value } from './value.ts';

/** What it does that a property is set: on an object, or in one that is just written (`object` is then undefined). */
export function propertyWritten(object: Value | undefined, name: string, value: Value, node: ts.Node, flow: Flow): void {
  weakSetting(object, name, value, node, flow);
  const { program } = flow;
  scriptWritten(name, value, node, flow);
  escapingSet(object?.api, name, node, flow);
  if (object === undefined) {
    if (/^location$/i.test(name) && leadsElsewhere(value)) program.reach('open-redirect', value, node, 'is sent as the header Location', flow);
    return;
  }
  if (name === 'innerHTML' || name === 'outerHTML' || name === 'srcdoc') program.reach('xss', value, node, `is set as ${name}`, flow);
  if ((name === 'location' && (object.api === 'global' || object.api === 'document')) || (name === 'href' && object.role === 'location')) {
    if (leadsElsewhere(value)) program.reach('open-redirect', value, node, 'is where the page goes', flow);
  }
  if (name === 'body' && object.role === 'context' && isMarkup(value)) program.reach('xss', value, node, 'is the body of an answer', flow);
}

export function markupAttribute(name: string, value: Value, node: ts.Node, flow: Flow): void {
  if (name === 'dangerouslySetInnerHTML') flow.program.reach('xss', value.fields?.get('__html') ?? value, node, 'is set as dangerouslySetInnerHTML', flow);
}

/** Whether a text is written as HTML, by its constant parts. */
export function isMarkup({ shape }: Value): boolean {
  return shape !== undefined && /<[a-z!/][^>]*/i.test(shape);
}
