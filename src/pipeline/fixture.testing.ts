/** A whole pipeline for tests, of which each test changes the part that it is about. */
import { alarm, counter, histogram, httpProbe, postgres, processes, type ProcessesSpec } from './environments.ts';
import { approval, alarms, archive, canary, cucumber, dbmate, linear, npmSbom, playwright, probes, sh, waive, wave, type ApplicationSpec } from './index.ts';

export const running = {
  run: 'node dist/server.js',
  instances: 2,
  health: '/healthz',
  metrics: '/metrics',
  database: postgres(),
  probes: [httpProbe('order a book', 'probes/order.ts', { every: '1s' })],
  alarms: [
    alarm('errors', counter('http_requests_total', { status: /^5/ }).shareOf('http_requests_total'), { above: 0.01, for: [3, 5] }),
    alarm('slow', histogram('http_request_seconds').quantile(0.99), { above: 0.3, for: [3, 5] }),
  ],
} satisfies Partial<ProcessesSpec>;

export const regions = ['eu-west', 'us-east', 'ap-south'];

export const beta = processes('beta', { ...running, regions: ['eu-west'], instances: 1 });
export const gamma = processes('gamma', { ...running, regions });
export const prod = processes('prod', { ...running, regions });

export const spec = {
  trunk: 'main',
  local: { preCommitHooks: waive('comes with the next issue') },
  build: {
    code: sh('npm ci && npm run build'),
    unitTests: sh('npm test', { junit: 'reports/unit.xml', coverage: 'coverage/lcov.info' }),
    codeQuality: waive('comes with the next issue'),
    secrets: waive('comes with the next issue'),
    sast: waive('comes with the next issue'),
    package: archive({ files: ['dist/**', 'public/**', 'db/**'], productionDependencies: 'npm' }),
    sbom: npmSbom(),
    sca: waive('comes with the next issue'),
  },
  beta: {
    environment: beta,
    database: dbmate('db/migrations'),
    integrationTests: cucumber('npm run features', { junit: 'reports/features.xml' }),
    acceptanceTests: playwright('npm run acceptance', { junit: 'reports/acceptance.xml' }),
  },
  gamma: {
    environment: gamma,
    database: dbmate('db/migrations'),
    monitoring: alarms({ for: '10m' }),
    syntheticTests: probes({ atLeast: 20 }),
    dast: waive('the platform team scans it'),
  },
  prod: {
    environment: prod,
    approval: approval({ by: ['orders-operators'], atLeast: 1, expires: '24h' }),
    database: dbmate('db/migrations'),
    deploy: [
      wave('first light', ['eu-west'], canary({ steps: [{ weight: 0.05, bake: '5m' }, { weight: 0.25, bake: '10m' }] })),
      wave('the rest', ['us-east', 'ap-south'], linear({ step: 0.25, every: '2m' })),
    ],
    syntheticTests: probes({ atLeast: 20 }),
  },
} satisfies ApplicationSpec;
