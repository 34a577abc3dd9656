import type { Pool } from 'pg'
import { detectEdition, recordedEdition } from '../../database/edition.js'
import { codeOf } from '../../database/errors.js'
import { pendingMigrations, unknownMigrations } from '../../database/migrate.js'
import { isRestoring } from '../../database/restoring.js'
import { ok, problem, warning, type Finding } from '../finding.js'

const docker = 'With Docker: docker compose ps, then docker compose logs --tail 50 db'

/** What to do about a database that can't be opened, by SQLSTATE or system code. */
const remedies: Record<string, string[]> = {
  ECONNREFUSED: ['Start it: sudo systemctl start postgresql', docker],
  ENOTFOUND: ['Correct the host name in DATABASE_URL'],
  EAI_AGAIN: ['No name server answers: name the host in DATABASE_URL by its address'],
  '28P01': ['Correct user and password in DATABASE_URL'],
  28000: ['Correct user and password in DATABASE_URL'],
  '3D000': ['Make the database: sudo -u postgres createdb --owner=meshmon meshmon', 'Or correct its name at the end of DATABASE_URL'],
  53300: ['Close programs that use it, or raise max_connections of the server'],
}

/** @param isEmbedded it is the collector's own that can't be opened */
export function describeUnreachable (error: unknown, isEmbedded: boolean): Finding {
  const { message, cause } = error instanceof Error ? error : new Error(String(error))
  const steps = remedies[codeOf(error) ?? codeOf(cause) ?? '']
  const elsewhere = isEmbedded
    ? ['Start the collector, it says more: make start', 'The folder is DATA_DIR: ls -ld the folder, df -h the folder']
    : ['Is the server up, and is DATABASE_URL right? meshmon config prints it', docker]
  return problem('database', message, ...steps ?? elsewhere)
}

interface Versions { server: string, timescaledb: string | null, available: string | null, is_standby: boolean }

const selectVersions = `
  select current_setting('server_version') as server, pg_is_in_recovery() as is_standby,
    (select extversion from pg_extension where extname = 'timescaledb') as timescaledb,
    (select default_version from pg_available_extensions where name = 'timescaledb') as available`

/** Versions and edition, and whether the database was made for that edition. */
export async function checkVersions (db: Pool, { isEmbedded }: { isEmbedded: boolean }): Promise<Finding[]> {
  const check = 'database'
  const { rows: [versions] } = await db.query<Versions>(selectVersions)
  if (versions === undefined || versions.timescaledb === null) {
    return [problem(check, 'it has no TimescaleDB', 'Switch it on: meshmon migrate', 'Where that fails it says which package or right is missing')]
  }
  const { server, timescaledb, available, is_standby: isStandby } = versions
  const edition = await detectEdition(db)
  const recorded = await recordedEdition(db)
  const text = `PostgreSQL ${server}, TimescaleDB ${timescaledb}, ${edition} edition, ${isEmbedded ? 'embedded' : 'a server'}`
  if (recorded !== undefined && recorded !== edition) {
    return [problem('edition', `the database was made for the ${recorded} edition, but the server runs the ${edition} edition`,
      'Create an empty database here, and copy the data from a server of the old edition: meshmon copy --from postgres://OLD_SERVER/DATABASE --to postgres://THIS_SERVER/NEW_DATABASE')]
  }
  if (isStandby) return [problem(check, `${text}; it is a standby, which takes no measurements`, 'Let DATABASE_URL name the primary')]
  if (available !== null && available !== timescaledb) {
    return [warning(check, `${text}; version ${available} of TimescaleDB is installed, but the database still has the old one`,
      'Back up, stop the collector, then: psql -X "$DATABASE_URL" -c "alter extension timescaledb update"')]
  }
  return [ok(check, text)]
}

/** Whether the schema is that of this version. A problem here means that nothing else can be looked at. */
export async function checkSchema (db: Pool): Promise<Finding> {
  const check = 'schema'
  if (await isRestoring(db)) return problem(check, 'a restore into this database is under way, or was interrupted', 'Wait for it, or run it once more, it begins anew: meshmon restore FILE')
  const unknown = await unknownMigrations(db)
  if (unknown.length > 0) return problem(check, `a newer version of meshmon made this database (${unknown.join(', ')})`, 'Install that version or a later one, or restore a backup that this version made: docs/upgrading.md')
  const pending = await pendingMigrations(db)
  return pending.length === 0
    ? ok(check, 'current')
    : problem(check, `${pending.length} migrations have not run: ${pending.join(', ')}`, 'Run them: meshmon migrate', 'A start of the collector does it, too')
}
