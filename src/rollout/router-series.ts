/** What the router counted, as series that alarms can name like those of the application. */
import type { MetricSample, TrafficSample } from '../environment/driver.ts';
import type { SignalPlan } from '../pipeline/plan.ts';
import type { CounterPlan } from './series.ts';

/** Names that begin so are the router's own: what an instance publishes under such a name is not looked at. */
const OURS = 'trunkline_';

export function countersOf(signal: SignalPlan): readonly CounterPlan[] {
  switch (signal.type) {
    case 'share': return [signal.of, signal.within];
    case 'quantile': return [signal.histogram];
    case 'rate': return [signal.counter];
    case 'probe': return [];
  }
}

export function isOfRouter({ metric }: CounterPlan): boolean {
  return metric.startsWith(OURS);
}

/**
 * `trunkline_requests_total{result}` with the results `ok`, `error`, `no-answer` and `timeout`, which together are all
 * requests; the histogram `trunkline_request_seconds`; `trunkline_crashes_total`.
 */
export function routerSeries(traffic: TrafficSample): MetricSample {
  const { at, release, requests, errors, unanswered = 0, late = 0, seconds = {}, crashes = 0 } = traffic;
  return {
    at, release, instance: 'the router',
    values: {
      'trunkline_requests_total{result="ok"}': requests - errors,
      'trunkline_requests_total{result="error"}': errors - unanswered,
      'trunkline_requests_total{result="no-answer"}': unanswered - late,
      'trunkline_requests_total{result="timeout"}': late,
      'trunkline_crashes_total': crashes,
      ...Object.fromEntries(Object.entries(seconds).map(([le, count]) => [`trunkline_request_seconds_bucket{le="${le}"}`, count])),
    },
  };
}
