import { TrunklineError } from '../foundation/errors.ts';
import { WHOLE, type Name } from '../foundation/units.ts';
import type { ActionContext } from './action.ts';

/**
 * What tests need to know to reach the application in a region, as variables of their environment.
 * @throws {TrunklineError} `REGION_NOT_LAUNCHED`, or `RELEASE_NOT_SERVED` where they would test another release.
 */
export async function addressOf(region: Name, context: ActionContext): Promise<{ readonly [name: string]: string }> {
  const state = await context.region(region).observe();
  if (!state.launched || state.url === undefined) {
    throw new TrunklineError('REGION_NOT_LAUNCHED', 'infra', `there is nothing to test: ${context.environment?.name}/${region} is not launched`, 'launch the environment before its tests');
  }
  const { release } = context;
  if (release) {
    const serving = [state.candidate, state.stable].find((live) => live?.release.id === release.id);
    if (serving?.weight !== WHOLE) {
      const share = serving ? `only ${serving.weight / 100} % of the requests` : 'no request';
      throw new TrunklineError('RELEASE_NOT_SERVED', 'infra', `the tests would test another release: ${release.id} gets ${share} in ${region}`, 'retry the stage: its deploy brings the release there first');
    }
  }
  return { BASE_URL: state.url, TRUNKLINE_REGION: region, ...(release ? { TRUNKLINE_RELEASE: release.id } : {}) };
}

/** @throws {TrunklineError} `NO_ENVIRONMENT`. */
export function regionsOf(context: ActionContext): readonly [Name, ...Name[]] {
  const [first, ...rest] = context.environment?.regions ?? [];
  if (first === undefined) {
    throw new TrunklineError('NO_ENVIRONMENT', 'usage', `the stage ${context.stage} has no environment that could be tested`, 'name one in trunkline.config.ts');
  }
  return [first, ...rest];
}

/** The ports of this machine at which the stage's own environment is reached; none where it has none. */
export async function portsOf(context: ActionContext): Promise<readonly number[]> {
  const states = await Promise.all((context.environment?.regions ?? []).map((region) => context.region(region).observe()));
  return states.flatMap(({ url }) => (url === undefined || !URL.canParse(url) ? [] : [Number(new URL(url).port)])).filter((port) => port > 0);
}
