import { alarm, counter, histogram, httpProbe, postgres, probe, processes } from "trunkline/environments";
import { timings } from "./timings.ts";

const watched = { for: timings.points, every: timings.point, minRequests: timings.pointRequests };

const placing = { method: "POST", route: "/api/orders" };

const shop = {
  run: "node dist/server.js",
  health: "/healthz",
  metrics: "/metrics",
  database: postgres(),
  drain: "10s",
} as const;

const guarded = {
  ...shop,
  probes: [
    httpProbe("order a book", "probes/order.ts", { every: timings.probes }),
    httpProbe("browse", "probes/browse.ts", { every: timings.probes }),
  ],
  alarms: [
    alarm("errors", counter("http_requests_total", { status: /^5/ }).shareOf("http_requests_total"), { ...watched, above: 0.02 }),
    alarm("orders lost", counter("http_requests_total", { ...placing, status: /^5/ }).shareOf(counter("http_requests_total", placing)), { ...watched, above: 0.05, minRequests: timings.pointOrders }),
    alarm("slow", histogram("http_request_seconds").quantile(0.99), { ...watched, above: timings.slow }),
    alarm("no orders possible", probe("order a book"), { ...watched, above: 0.5, minRequests: 1 }),
  ],
};

/** Only its tests use it: between them there is nothing to watch. */
export const beta = processes("beta", { ...shop, regions: ["eu-west"], instances: 1, probes: [], alarms: [] });

export const gamma = processes("gamma", { ...guarded, regions: ["eu-west", "us-east"], instances: 1 });

export const prod = processes("prod", { ...guarded, regions: ["eu-west", "us-east"], instances: 2 });
