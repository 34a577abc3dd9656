/** What the server can do: `community` has compression, continuous aggregates and policies; `apache` has none of them. */
export type Edition = 'community' | 'apache'

/** Anything that runs a statement: a pool, a client, or node-pg-migrate's connection. */
export interface Queryable {
  query (text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>
}

const editionOfLicense: Record<string, Edition> = { timescale: 'community', apache: 'apache' }

/** The edition of the server. Throws where TimescaleDB is not loaded. */
export async function detectEdition (db: Queryable): Promise<Edition> {
  const { rows: [row] } = await db.query("select current_setting('timescaledb.license', true) as license")
  const edition = editionOfLicense[String(row?.license)]
  if (edition === undefined) {
    throw new Error("The server has no TimescaleDB loaded: add shared_preload_libraries = 'timescaledb' to postgresql.conf and restart it.")
  }
  return edition
}

/** The edition the schema was made for; undefined before the first migration. */
export async function recordedEdition (db: Queryable): Promise<Edition | undefined> {
  const { rows: [table] } = await db.query("select to_regclass('meta') is not null as there")
  if (table?.there !== true) return undefined
  const { rows: [row] } = await db.query("select value from meta where key = 'edition'")
  return row?.value === 'community' || row?.value === 'apache' ? row.value : undefined
}

/**
 * Records the server's edition at the first call, and returns it.
 * @throws where the database was made for the other edition: its tables can't work on this server.
 */
export async function claimEdition (db: Queryable): Promise<Edition> {
  const edition = await detectEdition(db)
  const recorded = await recordedEdition(db)
  if (recorded === undefined) {
    await db.query('create table if not exists meta (key text primary key, value text not null)')
    await db.query("insert into meta (key, value) values ('edition', $1) on conflict do nothing", [edition])
  } else if (recorded !== edition) {
    throw new Error(`This database was made for the ${recorded} edition of TimescaleDB, but the server runs the ${edition} edition. ` +
      'Create an empty database here and copy the data into it from a server of the old edition: ' +
      'meshmon copy --from postgres://OLD_SERVER/DATABASE --to postgres://THIS_SERVER/NEW_DATABASE')
  }
  return edition
}
