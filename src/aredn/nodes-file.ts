import { readFileSync, statSync } from 'node:fs'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { codeOf } from '../database/errors.js'
import { replaceFile } from '../replace-file.js'

const stored = Type.Object({
  version: Type.Literal(1),
  nodes: Type.Array(Type.Object({
    name: Type.String({ maxLength: 64 }),
    ip: Type.String({ maxLength: 45 }),
    /** When a list told of it or it answered: milliseconds since 1970. */
    heard: Type.Number(),
  })),
})

/** A node of the mesh as it is remembered over a restart. */
export type SavedNode = Static<typeof stored>['nodes'][number]

/** Who was in the mesh when this worker ended, or was killed. */
export interface NodesFile {
  /** None where there is no file, or none that can be read. */
  read (): SavedNode[]
  /** Replaces all. A disk that is full is told once until it works again: the walk goes on. */
  save (nodes: readonly SavedNode[]): void
}

/** More than 10,000 nodes take. */
const mostBytes = 4 * 1024 ** 2

export function openNodesFile (file: string, log: { warn (details: object, text: string): void }): NodesFile {
  let isUnwritable = false
  return {
    read () {
      try {
        if (statSync(file).size > mostBytes) throw new Error('it is too large')
        const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
        if (!Value.Check(stored, value)) throw new Error('it is no list of nodes')
        return value.nodes
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') log.warn({ file }, `the known nodes can't be read, and are found anew: ${error instanceof Error ? error.message : String(error)}`)
        return []
      }
    },
    save (nodes) {
      try {
        replaceFile(file, JSON.stringify({ version: 1, nodes }))
        isUnwritable = false
      } catch (error) {
        if (!isUnwritable) log.warn({ file }, `the known nodes can't be written, and are found anew after a restart: ${error instanceof Error ? error.message : String(error)}`)
        isUnwritable = true
      }
    },
  }
}
