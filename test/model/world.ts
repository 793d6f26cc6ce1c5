/** What is really so in the regions, whoever believes what. Traffic is in basis points. */
export interface Region {
  stable?: string;
  candidate?: { release: string; weight: number };
}

/** Regions as a driver keeps them: every method may be called again, and then changes nothing more. */
export class World {
  readonly regions = new Map<string, Region>();

  at(place: string): Region {
    const known = this.regions.get(place);
    if (known) return known;
    const region: Region = {};
    this.regions.set(place, region);
    return region;
  }

  /** @returns whether no other release is there that could keep a part of the traffic. */
  prepare(place: string, release: string): boolean {
    const region = this.at(place);
    if (region.stable !== release && region.candidate?.release !== release) region.candidate = { release, weight: 0 };
    return region.stable === undefined || region.stable === release;
  }

  shift(place: string, release: string, weight: number): void {
    const { candidate } = this.at(place);
    if (candidate?.release === release) candidate.weight = weight;
  }

  settle(place: string, release: string): void {
    const region = this.at(place);
    if (region.candidate?.release !== release) return;
    region.stable = release;
    delete region.candidate;
  }

  restore(place: string): void {
    delete this.at(place).candidate;
  }

  remove(place: string): void {
    this.regions.delete(place);
  }
}
