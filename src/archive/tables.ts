import type { ClientBase } from 'pg'

/** A table that an archive holds. */
export interface ArchivedTable {
  /** The same on every database: of a rollup its own name, not that of what holds its finished buckets. */
  name: string
  /** What is read and written, as SQL. */
  relation: string
  columns: string[]
  /** SQL names of their types, in the same order. */
  types: string[]
  /** The column that a hypertable is partitioned by; null for an ordinary table. */
  time: string | null
  isRollup: boolean
  /** Rows get their `id` from a sequence. */
  hasId: boolean
}

/** Made anew by the database that an archive is restored into. */
const ownTables = ['schema_migrations', 'meta', 'job_runs', 'touched_buckets']

// A rollup's finished buckets lie in a hypertable of their own on either edition; all others can be made from the raw rows.
const selectTables = `
  with stores as (
    select format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass as id, view_name::text as name, true as is_rollup
    from timescaledb_information.continuous_aggregates
    union all
    select format('%I.%I', hypertable_schema, hypertable_name)::regclass, regexp_replace(hypertable_name::text, '_stored$', ''), hypertable_name like '%\\_stored'
    from timescaledb_information.hypertables where hypertable_schema = 'public'
  ), ordinary as (
    select c.oid::regclass as id, relname::text as name, false as is_rollup from pg_class c
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> all ($1)
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
      and not exists (select from stores where stores.id = c.oid)
  )
  select name, id::text as relation, is_rollup as "isRollup",
    case when not is_store then null when is_rollup then 'bucket' else 'time' end as time,
    array_agg(attname::text order by attnum) as columns, array_agg(format_type(atttypid, atttypmod) order by attnum) as types,
    bool_or(attname = 'id' and attidentity <> '') as "hasId"
  from (select *, true as is_store from stores union all select *, false from ordinary) as tables
  join pg_attribute on attrelid = id and attnum > 0 and not attisdropped
  group by is_store, is_rollup, name, id
  order by is_store, is_rollup desc, name`

/** What an archive holds, in the order of its parts: ordinary tables, rollups, raw rows. */
export async function findTables (client: ClientBase): Promise<ArchivedTable[]> {
  const { rows } = await client.query<ArchivedTable>(selectTables, [ownTables])
  return rows
}
