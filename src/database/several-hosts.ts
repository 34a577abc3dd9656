import pg from 'pg'
import { reasonOf } from './embedded/folder.js'

/** SQLSTATE "read only": nothing is wrong with the statement, another server takes it. */
class StandbyError extends Error {
  readonly code = '25006'
}

interface UrlParts { scheme: string, user: string, password: string | null, hosts: string, after: string }

/** The parts of a server's URL. No URL of JavaScript, which knows one host only: `postgres://user:password@a:5432,b:5432/meshmon?sslmode=require`. */
export function partsOf (url: string): UrlParts {
  const start = url.includes('://') ? url.indexOf('://') + 3 : 0
  const [authority = ''] = url.slice(start).split(/[/?#]/, 1)
  const at = authority.lastIndexOf('@')
  const [user = '', ...password] = authority.slice(0, Math.max(at, 0)).split(':')
  return { scheme: url.slice(0, start), user, password: password.length > 0 ? password.join(':') : null, hosts: authority.slice(at + 1), after: url.slice(start + authority.length) }
}

export function joinParts ({ scheme, user, password, hosts, after }: UrlParts): string {
  const login = password === null ? user : `${user}:${password}`
  return `${scheme}${login === '' ? '' : `${login}@`}${hosts}${after}`
}

/** The URLs of each host of a URL that may name several. */
export function splitHosts (url: string): string[] {
  const parts = partsOf(url)
  return parts.hosts.split(',').map((hosts) => joinParts({ ...parts, hosts }))
}

/** For libpq's programs, which know several hosts: the one that takes writes. */
export function forLibpq (url: string): string {
  return splitHosts(url).length === 1 ? url : `${url}${url.includes('?') ? '&' : '?'}target_session_attrs=read-write`
}

interface Address { host: string, port: number }

export interface Hosts {
  /** One for each host, in the order they are tried; at first and where the one of the last time is gone. */
  urls: readonly string[]
  /** A standby will do, too. */
  mayBeStandby: boolean
  /** Longest wait for one host. */
  limitMs: number
}

/**
 * A client for pools that, before it connects, asks each host in turn which takes writes now, the one of the last time first; so
 * a lost connection is replaced by one to the new primary. Connecting fails with all reasons where there is none.
 */
export function createClientOf ({ urls, mayBeStandby, limitMs }: Hosts): typeof pg.Client {
  let order = urls
  let finding: Promise<Address> | undefined

  return class extends pg.Client {
    readonly #config: pg.ClientConfig

    constructor (config: string | pg.ClientConfig = {}) {
      super(config)
      this.#config = typeof config === 'string' ? {} : config
    }

    override connect (): Promise<pg.Client>
    override connect (callback: ((error: Error) => void) | ((error: null, client: pg.Client) => void)): void
    override connect (callback?: ((error: Error) => void) | ((error: null, client: pg.Client) => void)): Promise<pg.Client> | void {
      // Connections that are wanted at once share one search.
      const search = finding ??= find(this.#config).finally(() => { finding = undefined })
      const found = search.then((address) => { Object.assign(this, address) })
      if (callback === undefined) return found.then(() => super.connect())
      found.then(() => super.connect(callback), callback as (error: Error) => void)
    }
  }

  async function find (config: pg.ClientConfig): Promise<Address> {
    const [errors, reasons]: [unknown[], string[]] = [[], []]
    for (const url of order) {
      const client = new pg.Client({ ...config, password: config.password, connectionString: url, connectionTimeoutMillis: limitMs, query_timeout: limitMs })
      const { host, port } = client
      // A connection that breaks reports through its query, too.
      client.on('error', () => {})
      try {
        await client.connect()
        const { rows: [row] } = await client.query<{ standby: boolean }>("select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as standby")
        if (row?.standby === true && !mayBeStandby) throw new StandbyError('it is a standby')
        order = [url, ...urls.filter((other) => other !== url)]
        return { host, port }
      } catch (error) {
        errors.push(error)
        reasons.push(`${host}:${port}: ${reasonOf(error)}`)
      } finally {
        client.end().catch(() => {})
      }
    }
    throw new AggregateError(errors, `no host of the database takes ${mayBeStandby ? 'questions' : 'writes'} (${reasons.join('; ')})`)
  }
}
