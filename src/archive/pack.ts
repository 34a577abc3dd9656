import { createHash, type Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { endSchema, formatVersion, manifestSchema, type End, type Manifest, type Part } from './format.js'
import { packFile, readTar, tarEnd, TarError, type TarFile } from './tar.js'

/** An archive that can't be used; the message says what to do. */
export class ArchiveError extends Error {
  override name = 'ArchiveError'
}

/** Counts and hashes the parts of each table. */
class Tally {
  readonly #hashes = new Map<string, { parts: number, rows: number, hash: Hash }>()

  add ({ table, rows, data }: Pick<Part, 'table' | 'rows' | 'data'>): void {
    const sum = this.#hashes.get(table) ?? { parts: 0, rows: 0, hash: createHash('sha256') }
    sum.parts++
    sum.rows += rows
    sum.hash.update(data)
    this.#hashes.set(table, sum)
  }

  end (): End {
    return { tables: Object.fromEntries([...this.#hashes].map(([name, { parts, rows, hash }]) => [name, { parts, rows, sha256: hash.digest('hex') }])) }
  }
}

/** The bytes of an archive. `onEnd` is told what is in it once all of it was given. */
export async function * packArchive (manifest: Manifest, parts: AsyncIterable<Part>, onEnd: (end: End) => void): AsyncGenerator<Buffer> {
  const createdMs = Date.parse(manifest.created)
  const pack = (name: string, data: Buffer): Buffer => packFile({ name, data }, createdMs)
  yield pack('manifest.json', json(manifest))
  const tally = new Tally()
  let number = 0
  for await (const part of parts) {
    tally.add(part)
    yield pack(nameOf(part, ++number), part.data)
  }
  const end = tally.end()
  yield Buffer.concat([pack('end.json', json(end)), tarEnd])
  onEnd(end)
}

function json (value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
}

/** `path_probe/000012_5000_20261123T040000.000Z.csv.gz`: number, rows and the earliest time there can be. */
function nameOf ({ table, from, rows }: Part, number: number): string {
  const time = from === null ? '' : `_${from.replaceAll(/[-:]/g, '')}`
  return table === pgDump ? `${table}/${pad(number)}` : `${table}/${pad(number)}_${rows}${time}.csv.gz`
}

/** The folder of pg_dump's pieces. */
export const pgDump = 'pg_dump'

function pad (number: number): string {
  return String(number).padStart(8, '0')
}

const partName = /^(\w+)\/\d+(?:_(\d+)(?:_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)([\d.]+Z))?\.csv\.gz)?$/

function toPart ({ name, data }: TarFile): Part {
  const [, table, rows = 0, year, month, day, hour, minute, second] = partName.exec(name) ?? []
  if (table === undefined) throw new ArchiveError(`it holds a file ${name} that no backup has`)
  return { table, rows: Number(rows), from: year === undefined ? null : `${year}-${month}-${day}T${hour}:${minute}:${second}`, data }
}

/** Reads the manifest. @throws ArchiveError where the file is no archive of this version. */
export async function readManifest (path: string): Promise<Manifest> {
  return await explain(path, async () => {
    const files = readTar(path)
    try {
      const { value: first } = await files.next()
      if (first?.name !== 'manifest.json') throw new ArchiveError('it is no backup of meshmon')
      return parse(manifestSchema, first.data, first.name)
    } finally {
      await files.return(undefined)
    }
  })
}

/** The parts of an archive. Throws an ArchiveError where it is not whole. */
export async function * readParts (path: string, onProgress: (doneBytes: number) => void): AsyncGenerator<Part> {
  for await (const file of readTar(path)) {
    onProgress(file.doneBytes)
    if (!file.name.endsWith('.json')) yield toPart(file)
  }
}

/** Reads the whole archive and compares it with its list of contents. @throws ArchiveError where anything is missing or damaged. */
export async function verifyArchive (path: string, onProgress: (doneBytes: number) => void): Promise<End> {
  return await explain(path, async () => {
    const tally = new Tally()
    let end: End | undefined
    for await (const file of readTar(path)) {
      onProgress(file.doneBytes)
      if (file.name === 'end.json') end = parse(endSchema, file.data, file.name)
      else if (file.name !== 'manifest.json') tally.add(toPart(file))
    }
    if (end === undefined) throw new TarError('it is cut off')
    if (!Value.Equal(end, tally.end())) throw new TarError('it is damaged')
    return end
  })
}

function parse<T extends TSchema> (schema: T, data: Buffer, name: string): Static<T> {
  const value: unknown = JSON.parse(data.toString())
  if (typeof value === 'object' && value !== null && 'format' in value && Number(value.format) > formatVersion) {
    throw new ArchiveError('a newer version of meshmon made it: restore it with that version')
  }
  if (!Value.Check(schema, value)) throw new ArchiveError(`its ${name} is not what meshmon writes`)
  return value
}

/** What a file is that begins so, and what to do with it. */
const others: readonly [start: string, what: string][] = [
  ['\x1f\x8b', 'it is compressed with gzip. A dump of make backup is restored with make restore, any other with gunzip and psql: docs/backup.md'],
  ['PGDMP', 'it was made with pg_dump alone. Restore it with pg_restore: docs/backup.md'],
  ['--', 'it is SQL text. Restore it with psql: docs/backup.md'],
]

/** Runs `work` on a file; says of one that is no archive what it is. */
async function explain<T> (path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof TarError || error instanceof SyntaxError)) throw error
    const handle = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0)
      const start = buffer.toString('latin1', 0, bytesRead)
      const other = others.find(([text]) => start.startsWith(text))
      throw new ArchiveError(other?.[1] ?? `${error.message}, or it is no backup of meshmon`, { cause: error })
    } finally {
      await handle.close()
    }
  }
}
