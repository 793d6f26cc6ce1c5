import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Millis } from '../../../foundation/units.ts';
import { toClient, toInstance } from './headers.ts';

/** How a request to one instance ended. */
export type Exchange =
  | { readonly type: 'answered'; readonly status: number }
  /** Nobody listened: not one byte was sent, so another instance may be asked. */
  | { readonly type: 'refused' }
  /** `begun`: the client has had a part of an answer, and can only be cut off. */
  | { readonly type: 'failed'; readonly reason: string; readonly late: boolean; readonly begun: boolean }
  | { readonly type: 'client-left' };

/** An instance that says nothing for so long counts as failed. */
const ANSWER_LIMIT: Millis = 60_000;

/** Passes one request on to an instance and its answer back, both streamed with back-pressure. Never rejects. */
export function exchange(request: IncomingMessage, response: ServerResponse, instance: Dispatcher, release: string): Promise<Exchange> {
  return new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | undefined;
    const left = (): void => {
      if (response.writableFinished) return;
      resolve({ type: 'client-left' });
      controller?.abort(new Error('the client left'));
    };
    const end = (outcome: Exchange): void => {
      response.removeListener('close', left);
      resolve(outcome);
    };
    response.once('close', left);
    let status = 0;
    try {
      instance.dispatch({
        path: path(request.url ?? '/'),
        method: request.method as Dispatcher.HttpMethod,
        headers: toInstance(request.rawHeaders, { address: request.socket.remoteAddress ?? '', host: request.headers.host ?? '' }),
        body: hasBody(request) ? request : null,
        headersTimeout: ANSWER_LIMIT,
        bodyTimeout: 0, // a stream of events may be silent for hours; either side ends it by leaving
      }, {
        onRequestStart(started) {
          controller = started;
          if (response.destroyed) started.abort(new Error('the client left'));
        },
        onResponseStart({ rawHeaders }, code, _headers, text) {
          if (code < 200) return;
          status = code;
          response.writeHead(code, text ?? '', toClient(strings(rawHeaders), release));
        },
        onResponseData(answering, chunk) {
          if (response.write(chunk)) return;
          answering.pause();
          response.once('drain', () => answering.resume());
        },
        onResponseEnd() {
          response.end();
          end({ type: 'answered', status });
        },
        onResponseError(_controller, error) {
          end(failure(error, response.headersSent));
        },
      });
    } catch (error) {
      end(failure(error as Error, response.headersSent));
    }
  });
}

function failure(error: Error & { readonly code?: string }, begun: boolean): Exchange {
  if (error.code === 'ECONNREFUSED') return { type: 'refused' };
  return { type: 'failed', reason: error.message, late: error.code === 'UND_ERR_HEADERS_TIMEOUT', begun };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** A request line may hold a whole URL; an instance gets the path. */
function path(target: string): string {
  if (target.startsWith('/')) return target;
  const url = URL.parse(target);
  return url ? url.pathname + url.search : `/${target}`;
}

function strings(raw: unknown): string[] {
  return (raw as readonly (Buffer | string)[]).map((item) => (typeof item === 'string' ? item : item.toString('latin1')));
}
