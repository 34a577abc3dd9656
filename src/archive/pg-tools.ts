import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { codeOf } from '../database/errors.js'
import { forLibpq, joinParts, partsOf } from '../database/several-hosts.js'

type Tool = 'pg_dump' | 'pg_restore'

/** Warnings may be many: of the end, where the error stands. */
const keptOutput = 4000
const pieceBytes = 4 << 20

/** Major version of an installed client tool. @throws with what to install, where there is none. */
export async function findToolVersion (tool: Tool): Promise<number> {
  const { stdout } = await promisify(execFile)(tool, ['--version']).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error
    throw new Error(`${tool} is not installed: install PostgreSQL's client programs (Debian: postgresql-client), or use "meshmon backup --portable", which needs none`, { cause: error })
  })
  return Number(/ (\d+)/.exec(stdout)?.[1])
}

interface RunningTool {
  child: ChildProcessWithoutNullStreams
  /** Rejects with the end of what it said where it failed. */
  finished: Promise<void>
}

/** Starts a tool on the database of `url`, whose password stands in a file: other users may read the list of processes. */
async function startTool (tool: Tool, url: string, args: string[]): Promise<RunningTool> {
  const { folder, hidden } = await hidePassword(url)
  const child = spawn(tool, [...args, `--dbname=${hidden}`])
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-keptOutput) })
  const finished = once(child, 'close').then(([code]) => {
    const reason = said.trim().split('\n').filter((line) => !line.includes('warning:')).slice(-5).join('\n')
    if (code !== 0) throw new Error(`${tool} failed: ${reason}`)
  }).finally(() => rm(folder, { recursive: true, force: true }))
  // Looked at when its output has ended.
  finished.catch(() => {})
  return { child, finished }
}

async function hidePassword (url: string): Promise<{ folder: string, hidden: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'meshmon-'))
  const { password, ...parts } = partsOf(forLibpq(url))
  if (password === null) return { folder, hidden: joinParts({ ...parts, password }) }
  const file = join(folder, 'pgpass')
  await writeFile(file, `*:*:*:*:${decodeURIComponent(password).replaceAll(/[\\:]/g, '\\$&')}\n`, { mode: 0o600 })
  return { folder, hidden: joinParts({ ...parts, password: null, after: `${parts.after}${parts.after.includes('?') ? '&' : '?'}passfile=${encodeURIComponent(file)}` }) }
}

/** What pg_dump writes of a database in its custom format, in pieces of some megabytes. */
export async function * dump (url: string): AsyncGenerator<Buffer> {
  const { child, finished } = await startTool('pg_dump', url, ['--format=custom', '--no-owner', '--no-privileges'])
  try {
    const held: Buffer[] = []
    let bytes = 0
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      held.push(chunk)
      bytes += chunk.length
      if (bytes < pieceBytes) continue
      yield Buffer.concat(held.splice(0))
      bytes = 0
    }
    if (bytes > 0) yield Buffer.concat(held)
    await finished
  } finally {
    child.kill()
  }
}

/** Feeds pg_restore with what pg_dump wrote. */
export async function restoreDump (url: string, pieces: AsyncIterable<Buffer>): Promise<void> {
  const { child, finished } = await startTool('pg_restore', url, ['--no-owner', '--no-privileges', '--exit-on-error'])
  try {
    child.stdout.resume()
    await pipeline(pieces, child.stdin).catch(async (error: unknown) => {
      // A tool that fails closes its end; what it says is the reason.
      if (codeOf(error) === 'EPIPE') await finished
      throw error
    })
    await finished
  } finally {
    child.kill()
  }
}
