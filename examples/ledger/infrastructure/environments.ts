import { alarm, counter, httpProbe, probe, processes } from "trunkline/environments";

const ledger = {
  run: "python3 -B -m ledger",
  health: "/healthz",
  metrics: "/metrics",
  instances: 1,
  regions: ["home"],
} as const;

const guarded = {
  ...ledger,
  probes: [httpProbe("pay", "probes/pay.mjs", { every: "500ms" })],
  alarms: [
    alarm("refused", counter("http_requests_total", { status: /^[45]/ }).shareOf("http_requests_total"), { above: 0.1, for: [2, 4], every: "1s", minRequests: 3 }),
    alarm("no payments", probe("pay"), { above: 0.5, for: [2, 4], every: "1s", minRequests: 1 }),
  ],
};

export const beta = processes("beta", { ...ledger, probes: [], alarms: [] });
export const gamma = processes("gamma", guarded);
export const prod = processes("prod", guarded);
