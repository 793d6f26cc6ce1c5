/**
 * The whole schema as one hash: every relation, column, constraint, index, view, trigger, function, type and policy
 * that is neither PostgreSQL's own, nor this ledger's, nor dbmate's. Partitions are left out: applications make them.
 * To be asked with the search path `pg_catalog`, so that every name comes out in full.
 */
export const FINGERPRINT = `
with schemas as (
  select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'trunkline')
), relations as (
  select c.oid, c.relkind, format('%I.%I', s.nspname, c.relname) as name, c.relrowsecurity
  from pg_class c join schemas s on s.oid = c.relnamespace
  where not c.relispartition and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S') and (s.nspname, c.relname) <> ('public', 'schema_migrations')
), items as (
  select format('schema %I', nspname) as item from schemas
  union all select format('relation %s %s %s', relkind, name, relrowsecurity) from relations
  union all select format('view %s %s', name, pg_get_viewdef(oid)) from relations where relkind in ('v', 'm')
  union all
  select format('column %s.%I %s %s %s %s %s', r.name, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
  from relations r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where r.relkind <> 'S'
  union all
  select format('constraint %s %I %s %s', r.name, c.conname, c.convalidated, pg_get_constraintdef(c.oid)) from relations r join pg_constraint c on c.conrelid = r.oid
  union all
  select format('index %s %s %s', r.name, i.indisvalid, pg_get_indexdef(i.indexrelid)) from relations r join pg_index i on i.indrelid = r.oid
  union all
  select format('trigger %s %s %s', r.name, t.tgenabled, pg_get_triggerdef(t.oid)) from relations r join pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal
  union all
  select format('policy %s %I %s %s %s', r.name, p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  from relations r join pg_policy p on p.polrelid = r.oid
  union all
  select format('function %s', pg_get_functiondef(f.oid)) from pg_proc f join schemas s on s.oid = f.pronamespace where f.prokind in ('f', 'p', 'w')
  union all
  select format('enum %I.%I %s', s.nspname, t.typname, (select string_agg(quote_literal(enumlabel), ',' order by enumsortorder) from pg_enum where enumtypid = t.oid))
  from pg_type t join schemas s on s.oid = t.typnamespace where t.typtype = 'e'
  union all
  select format('domain %I.%I %s %s %s %s', s.nspname, t.typname, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
    (select string_agg(pg_get_constraintdef(c.oid), ',' order by c.conname collate "C") from pg_constraint c where c.contypid = t.oid))
  from pg_type t join schemas s on s.oid = t.typnamespace where t.typtype = 'd'
)
select 'v1:' || encode(sha256(convert_to(string_agg(item, E'\\n' order by item collate "C"), 'UTF8')), 'hex') as fingerprint from items`;
