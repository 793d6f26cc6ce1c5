import { crc32, deflateRawSync } from 'node:zlib';
import type { Json } from '../../foundation/units.ts';

/** An advisory in the OSV format about a package that nobody has: for tests. */
export function advisory(id: string, rest: { readonly [field: string]: Json } = {}, affected: { readonly [field: string]: Json } = {}): Json {
  return {
    id, modified: '2026-11-20T00:00:00Z', summary: `${id} lets anyone in`, severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    affected: [{ package: { ecosystem: 'npm', name: 'left' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.3.0' }] }], ...affected }], ...rest,
  };
}

/** A CycloneDX document of an application that needs `left`, which needs `deep`. */
export function billOf(components: readonly Json[] = [npm('left', '1.2.3'), npm('deep', '4.5.6', { scope: 'optional' })], dependencies: readonly Json[] = [{ ref: 'shop', dependsOn: ['left@1.2.3'] }, { ref: 'left@1.2.3', dependsOn: ['deep@4.5.6'] }]): Json {
  return { bomFormat: 'CycloneDX', specVersion: '1.5', metadata: { component: { 'bom-ref': 'shop', 'name': 'shop', 'version': '1.0.0' } }, components, dependencies };
}

export function npm(name: string, version: string, rest: { readonly [field: string]: Json } = {}): Json {
  return { 'bom-ref': `${name}@${version}`, name, version, 'purl': `pkg:npm/${name.replace('@', '%40')}@${version}`, 'licenses': [{ license: { id: 'MIT' } }], ...rest };
}

/** A zip archive, by its specification and by nobody's library; `lie` is the size that it claims for each file. */
export function zipOf(files: { readonly [name: string]: string | Buffer }, lie?: number): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(lie ?? bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), fields, Buffer.from(name), packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('504b01021400', 'hex'), fields, place, Buffer.from(name)]));
    parts.push(local);
    at += local.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
