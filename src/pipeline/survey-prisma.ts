import type { Repository } from './survey.ts';

/** The provider of Prisma's data source, such as `postgresql` or `sqlite`; undefined where there is no schema of Prisma. */
export function prismaOf(files: readonly string[], read: Repository['read']): string | undefined {
  const schemas = files.filter((file) => file.endsWith('.prisma')).slice(0, 20);
  for (const schema of schemas) {
    const text = (read(schema) ?? '').replace(/\/\/[^\n]*/g, '');
    const source = /(?:^|\n)\s*datasource\s+\w+\s*\{([^}]*)\}/.exec(text)?.[1];
    const provider = /(?:^|\n)\s*provider\s*=\s*"([\w-]+)"/.exec(source ?? '')?.[1];
    if (provider !== undefined) return provider === 'postgres' ? 'postgresql' : provider;
  }
  return undefined;
}
