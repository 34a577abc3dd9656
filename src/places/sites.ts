import { readFileSync } from 'node:fs'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { isCollection, isPair, LineCounter, parseDocument, type Document } from 'yaml'
import { ConfigError } from '../config.js'

const mostSites = 1000
const mostMembers = 50
const mostBytes = 1024 ** 2
const wanted = 'a YAML list of places, each with a name and nodes or radios (see sites.example.yaml)'

const name = Type.String({ minLength: 1, maxLength: 128, pattern: '\\S' })
const members = Type.Optional(Type.Array(name, { maxItems: mostMembers }))
const list = Type.Array(Type.Object({ name, nodes: members, radios: members }, { additionalProperties: false }), { maxItems: mostSites })

/** A place that the operator named: its routers and its radios. */
export interface Site { name: string, nodes: string[], radios: string[] }

type Path = (string | number)[]

/** Reads the file of the setting SITES; undefined: none. Throws a ConfigError that names every mistake with its line. */
export function loadSites (path: string | undefined): Site[] {
  return path === undefined ? [] : readSites(readFile(path), path)
}

/** Reads the text of a SITES file. Names are told apart without regard to case. */
export function readSites (text: string, fileName: string): Site[] {
  if (Buffer.byteLength(text) > mostBytes) throw new ConfigError([`SITES: ${fileName} is larger than ${mostBytes / 1024 ** 2} MiB`])
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number) => `SITES: ${fileName}:${lines.linePos(offset).line}`
  if (document.errors.length > 0) throw new ConfigError(document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message}`))
  const given = toPlain(document, `SITES: ${fileName}`)
  if (!Array.isArray(given)) throw new ConfigError([`${at(0)}: must be ${wanted}`])
  // Of a field that is not known there are two errors: a "boolean" one of its own beside that of the object.
  const problems = [...Value.Errors(list, given)].filter(({ keyword }) => keyword !== 'boolean').map(({ instancePath, keyword, message, params }) => {
    const path = instancePath.split('/').slice(1).map((part) => /^\d+$/.test(part) ? Number(part) : part)
    const unread = keyword === 'additionalProperties' ? `has ${(params as { additionalProperties: string[] }).additionalProperties.join(', ')}, which nothing reads` : message
    return `${at(offsetOf(document, path))}: ${describePath(path)}${unread}`
  })
  if (problems.length > 0) throw new ConfigError(problems)
  const sites = (given as Static<typeof list>).map(({ name, nodes = [], radios = [] }) => ({ name, nodes, radios }))
  const repeated = findRepeated(sites).map(({ path, what }) => `${at(offsetOf(document, path))}: ${what} is there twice`)
  if (repeated.length > 0) throw new ConfigError(repeated)
  return sites
}

/** An alias may stand for itself, or for more than memory holds. */
function toPlain (document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: mostMembers })
  } catch (error) {
    throw new ConfigError([`${source}: ${error instanceof Error ? error.message : String(error)}`])
  }
}

function describePath ([index, ...field]: Path): string {
  return index === undefined ? '' : `place ${Number(index) + 1}: ${field.length === 0 ? '' : `${field.map((part) => typeof part === 'number' ? part + 1 : part).join(' ')} `}`
}

/** Where in the text something stands; of what is missing, where it is missing. */
function offsetOf (document: Document, path: Path): number {
  let offset = document.contents?.range?.[0] ?? 0
  let node: unknown = document.contents
  for (const part of path) {
    if (!isCollection(node)) break
    const item: unknown = typeof part === 'number' ? node.items[part] : node.items.find((pair) => isPair(pair) && String(pair.key) === part)
    node = isPair(item) ? item.value : item
    offset = (node as { range?: [number] } | null | undefined)?.range?.[0] ?? offset
  }
  return offset
}

function findRepeated (sites: Site[]): { path: Path, what: string }[] {
  const seen = new Set<string>()
  return sites.flatMap((site, i) => {
    const all = [
      { path: [i, 'name'], kind: 'the place', name: site.name },
      ...site.nodes.map((name, n) => ({ path: [i, 'nodes', n], kind: 'the node', name })),
      ...site.radios.map((name, n) => ({ path: [i, 'radios', n], kind: 'the radio', name })),
    ]
    return all.flatMap(({ path, kind, name }) => {
      const key = `${kind} ${name.toLowerCase()}`
      const isKnown = seen.has(key)
      seen.add(key)
      return isKnown ? [{ path, what: `${kind} ${name}` }] : []
    })
  })
}

function readFile (path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new ConfigError([`SITES: ${path} can't be read: ${isMissing ? 'there is no such file' : error instanceof Error ? error.message : String(error)}`])
  }
}
