import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../database/errors.js'

/** One file of messages that wait, a line each. */
export interface Segment {
  /** Without its suffix; sorts by age. */
  name: string
  /** Milliseconds since 1970 of its first message. */
  createdMs: number
  bytes: number
  /** Messages in it that were not sent yet. */
  waiting: number
  /** A process still writes to it, or was killed doing so. */
  isOpen: boolean
}

const openSuffix = '.open'
const sealedSuffix = '.jsonl'
const namePattern = /^(\d{14})-[0-9a-f]{8}(?=\.(open|jsonl)$)/

/** A name that no other process takes. */
export function makeName (createdMs: number): string {
  return `${String(createdMs).padStart(14, '0')}-${randomBytes(4).toString('hex')}`
}

export function segmentPath (folder: string, { name, isOpen }: Pick<Segment, 'name' | 'isOpen'>): string {
  return join(folder, `${name}${isOpen ? openSuffix : sealedSuffix}`)
}

/**
 * Ends the writing to a segment, whichever process does it: one that finds the old name gone after a write repeats what it wrote in
 * a new segment. Only then may the segment be read and deleted. False where it was gone already.
 */
export async function sealSegment (folder: string, name: string): Promise<boolean> {
  try {
    await rename(segmentPath(folder, { name, isOpen: true }), segmentPath(folder, { name, isOpen: false }))
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** The segments of a folder, oldest first; of `known` ones that have not grown, the same objects. Other files are left alone. */
export async function listSegments (folder: string, known: readonly Segment[]): Promise<Segment[]> {
  const byName = new Map(known.map((segment) => [segment.name, segment]))
  const segments: Segment[] = []
  for (const file of (await readdir(folder)).sort()) {
    const match = namePattern.exec(file)
    if (match === null) continue
    const [name, created] = match
    const isOpen = file.endsWith(openSuffix)
    const bytes = (await stat(join(folder, file)).catch(() => null))?.size
    if (bytes === undefined) continue
    const before = byName.get(name)
    if (before?.bytes === bytes) segments.push(Object.assign(before, { isOpen }))
    else segments.push({ name, createdMs: Number(created), bytes, isOpen, waiting: await countLines(join(folder, file)) })
  }
  return segments
}

async function countLines (path: string): Promise<number> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0))
  let lines = 0
  for (let at = bytes.indexOf('\n'); at !== -1; at = bytes.indexOf('\n', at + 1)) lines++
  return lines
}

export interface Content {
  bytes: number
  /** Each one JSON object. */
  messages: string[]
  /** Lines that are none. */
  broken: string[]
  /** Bytes of a last line that was not finished: its writer was killed, and told nobody that it was kept. */
  tornBytes: number
}

/** What a sealed segment holds; undefined where it is gone. */
export async function readSegment (folder: string, name: string): Promise<Content | undefined> {
  try {
    const bytes = await readFile(segmentPath(folder, { name, isOpen: false }))
    const end = bytes.lastIndexOf('\n') + 1
    const messages: string[] = []
    const broken: string[] = []
    for (const line of bytes.toString('utf8', 0, end).split('\n')) if (line !== '') (isObject(line) ? messages : broken).push(line)
    return { bytes: bytes.length, messages, broken, tornBytes: bytes.length - end }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function isObject (line: string): boolean {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

/** Makes the names in a folder survive a power cut. */
export async function syncFolder (folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}
