import { Type, type Static } from 'typebox'

/**
 * An archive is a tar file of `manifest.json`, then the parts, then `end.json`, which only a whole archive has.
 * A part of a portable archive is `TABLE/NUMBER.csv.gz`, of a hypertable `TABLE/NUMBER_TIME.csv.gz`, where no earlier row is in it or
 * in a later part: CSV as COPY writes it, its first line the columns. A part of pg_dump's is a piece of its custom format: `pg_dump/NUMBER`.
 */
export const formatVersion = 1

export const manifestSchema = Type.Object({
  format: Type.Integer(),
  /** `since` holds what was received since a time and cannot be restored. */
  kind: Type.Enum(['portable', 'since', 'pg_dump']),
  /** Version of meshmon. */
  app: Type.String(),
  /** RFC 3339, by the clock of the database: everything acknowledged before is in the archive. */
  created: Type.String(),
  edition: Type.Enum(['community', 'apache']),
  timescaledb: Type.String(),
  /** As `server_version_num`. */
  postgresql: Type.Integer(),
  /** Names of the migrations that made the schema, in order. */
  migrations: Type.Array(Type.String()),
  /** The last id that each table has given away. */
  ids: Type.Record(Type.String(), Type.Integer()),
  since: Type.Optional(Type.String()),
})
export type Manifest = Static<typeof manifestSchema>

/** What the parts of each table hold together; `sha256` is that of their bytes, one after another. */
export const endSchema = Type.Object({
  tables: Type.Record(Type.String(), Type.Object({ parts: Type.Integer(), rows: Type.Integer(), sha256: Type.String() })),
})
export type End = Static<typeof endSchema>

/** Some rows of a table. */
export interface Part {
  table: string
  /** Of a hypertable: no row of this part or a later one of the table has an earlier time (RFC 3339). Null for any other table. */
  from: string | null
  rows: number
  /** As stored: `csv` compressed with gzip. */
  data: Buffer
}
