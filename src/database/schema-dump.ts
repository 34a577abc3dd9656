/* eslint-disable sql/constants -- constants of this file, handed to a helper of it */
import type { Queryable } from './edition.js'

/*
 * Each statement gives text lines in the order they are printed. What belongs to an extension or to TimescaleDB's own schemas is left
 * out, TimescaleDB's triggers on our tables with it, and so is what differs from one database to the next: ids, names made of them.
 */

const ours = "relnamespace = 'public'::regnamespace and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')"

const columns = `
  select format('%s %s%s%s%s', attname, format_type(atttypid, atttypmod), case when attnotnull then ' not null' else '' end,
    case attidentity when 'a' then ' generated always as identity' else '' end, ' default ' || pg_get_expr(adbin, adrelid)) as line
  from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attrelid = $1::regclass and attnum > 0 and not attisdropped
  order by attnum`

const constraints = `
  select format('constraint %s %s', conname, pg_get_constraintdef(oid)) as line
  from pg_constraint where conrelid = $1::regclass and contype <> 'n' order by conname`

const indexes = `
  select replace(indexdef, ' public.', ' ') as line from pg_indexes where schemaname = 'public' and tablename = $1 order by indexname`

const triggers = `
  select replace(pg_get_triggerdef(oid), ' public.', ' ') as line
  from pg_trigger where tgrelid = $1::regclass and not tgisinternal and tgname not like 'ts\\_%' order by tgname`

const options = `
  select format('with (%s)', array_to_string(reloptions, ', ')) as line from pg_class where oid = $1::regclass and reloptions is not null`

const comments = `
  select format('comment on %s: %s', coalesce(attname, 'table'), description) as line
  from pg_description left join pg_attribute on attrelid = objoid and attnum = objsubid
  where objoid = $1::regclass and classoid = 'pg_class'::regclass order by objsubid`

const partitioning = `
  select format('hypertable by %s, chunks of %s', column_name, time_interval) as line
  from timescaledb_information.dimensions where hypertable_name = $1`

const compression = `
  select format('compressed, segment by %s, order by %s',
    string_agg(attname, ', ' order by segmentby_column_index) filter (where segmentby_column_index is not null),
    string_agg(attname || case when orderby_asc then '' else ' desc' end, ', ' order by orderby_column_index)
      filter (where orderby_column_index is not null)) as line
  from timescaledb_information.compression_settings where hypertable_name = $1 having count(*) > 0`

const tables = `select relname::text as name from pg_class c where relkind = 'r' and ${ours} order by relname`

const views = `
  select c.relname::text as name, coalesce(a.view_definition, pg_get_viewdef(c.oid)) as definition,
    case when a.view_name is null then 'view' else 'continuous aggregate' end as kind, not a.materialized_only as is_real_time,
    a.materialization_hypertable_name as stored
  from pg_class c left join timescaledb_information.continuous_aggregates a on a.view_name = c.relname
  where relkind = 'v' and ${ours} order by c.relname`

const functions = `
  select replace(pg_get_functiondef(c.oid), 'public.', '') as line from pg_proc c
  where pronamespace = 'public'::regnamespace and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
  order by proname`

const domains = `
  select format('domain %s as %s', typname, format_type(typbasetype, typtypmod)) as line from pg_type c
  where typtype = 'd' and typnamespace = 'public'::regnamespace and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
  order by typname`

const policies = `
  select format('%s of %s every %s %s', substr(proc_name, 8), coalesce(a.view_name, j.hypertable_name), schedule_interval,
    config - 'hypertable_id' - 'mat_hypertable_id') as line
  from timescaledb_information.jobs j
  left join timescaledb_information.continuous_aggregates a on j.hypertable_name in (a.view_name, a.materialization_hypertable_name)
  where job_id >= 1000
  order by 1`

/** The whole schema as text that is the same for every database of an edition: domains, tables, rollups, policies, functions. */
export async function dumpSchema (db: Queryable): Promise<string> {
  const blocks: string[][] = (await lines(db, domains)).map((line) => [line.trim()])
  const names = (await db.query(tables)).rows.map(({ name }) => String(name))
  for (const name of names) blocks.push([`table ${name}`, ...await describeTable(db, name)])
  // Up to PostgreSQL 15 a view's columns are printed with their table's name.
  const qualifier = new RegExp(`\\b(${names.join('|')})\\.(?=["\\w])`, 'g')
  for (const { name, kind, definition, is_real_time: isRealTime, stored } of (await db.query(views)).rows) {
    blocks.push([
      `${kind} ${name}${isRealTime === true ? ', real-time' : ''}`, indent(String(definition).replaceAll(qualifier, '')),
      ...stored === null ? [] : await describeStore(db, String(stored), String(name)),
    ])
  }
  for (const { line } of (await db.query(functions)).rows) blocks.push([String(line).trim()])
  blocks.push(['policies', ...await lines(db, policies)])
  return blocks.map((block) => `${block.join('\n')}\n`).join('\n')
}

async function describeTable (db: Queryable, name: string): Promise<string[]> {
  const parts = [columns, constraints, indexes, triggers, options, partitioning, compression, comments]
  const described: string[] = []
  for (const part of parts) described.push(...await lines(db, part, name))
  return described
}

/** The hypertable behind a continuous aggregate, whose name is a number. Compression settings are listed under either name. */
async function describeStore (db: Queryable, stored: string, view: string): Promise<string[]> {
  const { rows: [index] } = await db.query(`
    select string_agg(replace(substring(indexdef from 'USING .*'), 'USING ', 'index '), e'\\n  ' order by indexdef) as text
    from pg_indexes where tablename = $1`, [stored])
  const compressed = await lines(db, compression, stored)
  return [`  ${String(index?.text)}`, ...await lines(db, partitioning, stored), ...compressed.length > 0 ? compressed : await lines(db, compression, view)]
}

async function lines (db: Queryable, statement: string, name?: string): Promise<string[]> {
  const { rows } = await db.query(statement, name === undefined ? [] : [name])
  return rows.map(({ line }) => indent(String(line)))
}

function indent (text: string): string {
  return text.replaceAll(/^ */gm, '  ').trimEnd()
}
