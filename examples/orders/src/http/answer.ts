import type { Fault } from '../domain/order-request.ts';

/** What a handler says; how it is sent is not its business. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(value) };
}

/** What went wrong, for programs and for people (RFC 9457). */
export function problem(status: number, title: string, faults?: readonly Fault[], headers: Readonly<Record<string, string>> = {}): Answer {
  return json(status, { title, status, ...(faults && { faults }) }, { ...headers, 'content-type': 'application/problem+json; charset=utf-8' });
}

export function text(status: number, type: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': type, ...headers }, body };
}

/** Ends a request with an answer from however deep inside. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`refused with ${answer.status}`);
    this.answer = answer;
  }
}
