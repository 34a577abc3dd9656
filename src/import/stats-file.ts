import { readFileSync, statSync } from 'node:fs'
import initSqlJs, { type Database } from 'sql.js'

/** The file cannot be imported; the message says why and what to do. */
export class ImportError extends Error {
  override name = 'ImportError'
}

export const roles = ['companion', 'repeater'] as const
export type Role = typeof roles[number]

/** A row of the file. `ts` is in seconds since 1970. */
export interface StatsRow { ts: number, role: string, metric: string, value: number | null }

/** What a file holds; `fromS` and `toS` are the times of its first and last row. */
export interface StatsSummary { rows: number, fromS: number, toS: number, byRole: Map<string, number> }

/** Whole pages are read into memory: more than fits would end the process without a word. */
const largestFile = 1536 * 1024 * 1024

/** The metrics.db of meshcore-stats, opened in memory: `metrics(ts integer, role, metric, value real)`, unique by the first three. */
export class StatsFile {
  readonly #database: Database

  private constructor (database: Database) {
    this.#database = database
  }

  /** Throws ImportError. */
  static async open (path: string): Promise<StatsFile> {
    const bytes = readWhole(path)
    const { Database } = await initSqlJs()
    const file = new StatsFile(new Database(bytes))
    try {
      file.#check(path)
      return file
    } catch (error) {
      file.close()
      throw error instanceof ImportError ? error : new ImportError(`${path} cannot be read (${error instanceof Error ? error.message : String(error)}): is it damaged? Try: sqlite3 ${path} 'pragma integrity_check'`)
    }
  }

  summary (): StatsSummary {
    const byRole = new Map<string, number>()
    let [rows, fromS, toS] = [0, Infinity, -Infinity]
    for (const [role, count, first, last] of this.#all('select role, count(*), min(ts), max(ts) from metrics group by role')) {
      byRole.set(String(role), Number(count))
      rows += Number(count)
      fromS = Math.min(fromS, Number(first))
      toS = Math.max(toS, Number(last))
    }
    return { rows, fromS, toS, byRole }
  }

  /** Numbers of the spans of so many seconds since 1970 that have rows with fromS <= ts < toS, in order. */
  spans (fromS: number, toS: number, seconds: number): number[] {
    return [...this.#all('select distinct ts / ? from metrics where ts >= ? and ts < ? order by 1', [seconds, fromS, toS])].map(([span]) => Number(span))
  }

  /** Rows with another time than fromS <= ts < toS. */
  countOutside (fromS: number, toS: number): number {
    return [...this.#all('select count(*) from metrics where ts < ? or ts >= ?', [fromS, toS])].reduce((sum, [count]) => sum + Number(count), 0)
  }

  /** Rows with fromS <= ts < toS, the oldest first, those of one time in a fixed order. */
  * rows (fromS: number, toS: number): Generator<StatsRow> {
    for (const [ts, role, metric, value] of this.#all('select ts, role, metric, value from metrics where ts >= ? and ts < ? order by ts, role, metric', [fromS, toS])) {
      yield { ts: Number(ts), role: String(role), metric: String(metric), value: typeof value === 'number' ? value : null }
    }
  }

  close (): void {
    this.#database.close()
  }

  #check (path: string): void {
    const tables = new Set([...this.#all("select name from sqlite_master where type = 'table'")].map(([name]) => String(name)))
    if (tables.has('metrics')) {
      const columns = [...this.#all("select name from pragma_table_info('metrics')")].map(([name]) => String(name))
      const missing = ['ts', 'role', 'metric', 'value'].filter((name) => !columns.includes(name))
      if (missing.length > 0) throw new ImportError(`${path}: its table metrics has no column ${missing.join(', ')}: not one of meshcore-stats`)
    } else if (tables.has('companion_metrics') || tables.has('repeater_metrics')) {
      throw new ImportError(`${path} is of a meshcore-stats before its database schema 2: start a newer meshcore-stats on it once, which converts it, then import it`)
    } else {
      throw new ImportError(`${path} has no table metrics: it is no metrics.db of meshcore-stats`)
    }
  }

  * #all (sql: string, values: (string | number)[] = []): Generator<unknown[]> {
    const statement = this.#database.prepare(sql)
    try {
      statement.bind(values)
      while (statement.step()) yield statement.get()
    } finally {
      statement.free()
    }
  }
}

function readWhole (path: string): Uint8Array {
  const size = sizeOf(path)
  if (size === undefined) throw new ImportError(`there is no file ${path}: meshcore-stats keeps it as metrics.db in its STATE_DIR (data/state)`)
  for (const journal of ['-wal', '-journal']) {
    if ((sizeOf(`${path}${journal}`) ?? 0) === 0) continue
    throw new ImportError(`${path}${journal} holds rows that are not in ${path} yet. Stop meshcore-stats, then fold them in:\n  sqlite3 ${path} 'pragma wal_checkpoint(truncate)'`)
  }
  if (size > largestFile) throw new ImportError(`${path} is larger than ${largestFile / 1024 ** 2} MiB`)
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new ImportError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (bytes.toString('latin1', 0, 15) !== 'SQLite format 3') throw new ImportError(`${path} is no SQLite database`)
  return bytes
}

function sizeOf (path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size
}
