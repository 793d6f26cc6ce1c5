import type { Duration } from "trunkline";

/** How long we watch, and on how much traffic we judge. */
interface Timings {
  /** One point of an alarm, and how many of the last points must be bad. */
  readonly point: Duration;
  readonly points: readonly [m: number, n: number];
  /** Fewer requests in a point say nothing. */
  readonly pointRequests: number;
  readonly pointOrders: number;
  /** Seconds that the slowest hundredth may take. */
  readonly slow: number;
  readonly probes: Duration;
  readonly gamma: { readonly for: Duration; readonly minRequests: number; readonly probeRuns: number };
  readonly firstShare: { readonly minTime: Duration; readonly minRequests: number; readonly maxTime: Duration };
  readonly half: { readonly minTime: Duration; readonly minRequests: number; readonly maxTime: Duration };
  readonly whole: { readonly minTime: Duration; readonly minRequests: number; readonly maxTime: Duration };
  readonly prodProbeRuns: number;
}

/** For a shop with customers: minutes of bake, enough requests for one bad one in a hundred to be seen. */
export const everyday: Timings = {
  point: "1m",
  points: [3, 5],
  pointRequests: 50,
  pointOrders: 20,
  slow: 0.3,
  probes: "1s",
  gamma: { for: "10m", minRequests: 2_000, probeRuns: 100 },
  firstShare: { minTime: "10m", minRequests: 1_000, maxTime: "30m" },
  half: { minTime: "5m", minRequests: 2_000, maxTime: "30m" },
  whole: { minTime: "5m", minRequests: 2_000, maxTime: "30m" },
  prodProbeRuns: 100,
};

/** To watch a release from beginning to end within a minute. Seconds of so little traffic prove far less than minutes of much. */
export const demonstration: Timings = {
  point: "1s",
  points: [2, 4],
  pointRequests: 3,
  pointOrders: 1,
  slow: 0.75,
  probes: "500ms",
  gamma: { for: "5s", minRequests: 40, probeRuns: 8 },
  firstShare: { minTime: "8s", minRequests: 30, maxTime: "60s" },
  half: { minTime: "4s", minRequests: 60, maxTime: "60s" },
  whole: { minTime: "3s", minRequests: 60, maxTime: "60s" },
  prodProbeRuns: 8,
};

export const timings = demonstration;
