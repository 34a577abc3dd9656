import { nodeName } from '../messages/aredn/values.js'
import { fits } from '../name-pattern.js'
import type { SavedNode } from './nodes-file.js'
import type { Ranges } from './ranges.js'
import type { WalkSchedule } from './walk-schedule.js'

export interface KnownNode {
  /** What a request names: a seed as the operator wrote it, else the name in the mesh's domain. */
  host: string
  /** As the mesh's list tells; null for a seed: its host is looked up. */
  address: string | null
  isSeed: boolean
  /** When a list told of it or it answered. */
  heardMs: number
}

/** Patterns of names; none in `include` means all. */
export interface Choice { include: readonly string[], exclude: readonly string[] }

export interface KnownNodesOptions extends Choice {
  schedule: WalkSchedule
  ranges: Ranges
}

/** Why an entry of a list was left out. */
export type LeftOut = 'bad_name' | 'excluded' | 'outside' | 'same_address' | 'too_many'

const forgetMs = 86_400_000
const domain = '.local.mesh'

/** Name of a node in lower case; undefined for what is no host name. */
export function hostNameOf (value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 255) return undefined
  const name = nodeName(value).toLowerCase()
  return /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(name) ? name : undefined
}

export function isWanted (name: string, { include, exclude }: Choice): boolean {
  return (include.length === 0 || include.some((pattern) => fits(pattern, name))) && !exclude.some((pattern) => fits(pattern, name))
}

/** Who is in the mesh. Names are in lower case, without the mesh's domain; times are the schedule's. Lists are what anybody in the mesh made up. */
export class KnownNodes {
  /** Entries of lists left out so far. */
  readonly leftOut: Record<LeftOut, number> = { bad_name: 0, excluded: 0, outside: 0, same_address: 0, too_many: 0 }
  readonly #options: KnownNodesOptions
  readonly #nodes = new Map<string, KnownNode>()
  /** Who has an address: one machine is asked under one name, whatever lists tell. */
  readonly #owners = new Map<string, string>()

  constructor (options: KnownNodesOptions) {
    this.#options = options
  }

  get (name: string): KnownNode | undefined {
    return this.#nodes.get(name)
  }

  isWanted (name: string): boolean {
    return isWanted(name, this.#options)
  }

  addSeed (host: string, nowMs: number): void {
    const name = nodeName(host).toLowerCase()
    if (this.#options.schedule.add(name, nowMs, 'at once')) this.#nodes.set(name, { host, address: null, isSeed: true, heardMs: nowMs })
  }

  /** Takes up what an earlier process knew, within the ranges, patterns and number of today. */
  restore (saved: readonly SavedNode[], nowMs: number): void {
    for (const { heard, ...entry } of saved) this.#take(entry, Math.min(heard, nowMs))
  }

  /** What is to be remembered over a restart; seeds are in the settings. */
  saved (): SavedNode[] {
    return [...this.#nodes].flatMap(([name, { address, isSeed, heardMs }]) => isSeed || address === null ? [] : [{ name, ip: address, heard: Math.round(heardMs) }])
  }

  /** Takes in the `nodes` of an answer, and drops who was not heard of for a day. */
  learn (list: unknown, nowMs: number): void {
    for (const entry of Array.isArray(list) ? list : []) {
      const reason = this.#take(entry, nowMs)
      if (reason !== undefined) this.leftOut[reason]++
    }
    for (const [name, { isSeed, heardMs }] of this.#nodes) if (!isSeed && nowMs - heardMs > forgetMs) this.#drop(name)
  }

  /**
   * A node that was asked as `name` answered with its own name. Returns the name it is known under from now on; null where that name belongs
   * to another entry: then this one is dropped.
   */
  identify (name: string, ownName: string, nowMs: number): string | null {
    const node = this.#nodes.get(name)
    if (node === undefined) return null
    node.heardMs = nowMs
    if (ownName === name) return name
    const other = this.#nodes.get(ownName)
    if (other !== undefined) {
      other.isSeed ||= node.isSeed
      this.#drop(name)
      return null
    }
    this.#options.schedule.rename(name, ownName)
    this.#nodes.delete(name)
    this.#nodes.set(ownName, node)
    if (node.address !== null) this.#owners.set(node.address, ownName)
    return ownName
  }

  /** One entry of a list; the reason where it is not taken. */
  #take (entry: unknown, nowMs: number): LeftOut | undefined {
    const { schedule, ranges } = this.#options
    const { name: told, ip: address }: { name?: unknown, ip?: unknown } = Object(entry)
    const name = hostNameOf(told)
    if (name === undefined) return 'bad_name'
    if (!this.isWanted(name)) return 'excluded'
    if (typeof address !== 'string' || !ranges.includes(address)) return 'outside'
    const owner = this.#owners.get(address) ?? name
    if (owner !== name && this.#nodes.has(owner)) return 'same_address'
    if (!schedule.add(name, nowMs)) return 'too_many'
    const node = this.#nodes.get(name) ?? { host: name + domain, address: null, isSeed: false, heardMs: nowMs }
    node.heardMs = nowMs
    this.#nodes.set(name, node)
    this.#move(node, name, address)
    return undefined
  }

  #move (node: KnownNode, name: string, address: string): void {
    if (node.address !== null && this.#owners.get(node.address) === name) this.#owners.delete(node.address)
    this.#owners.set(address, name)
    // A seed is found as the operator said, and no list leads away from it.
    if (!node.isSeed || node.address !== null) node.address = address
  }

  #drop (name: string): void {
    const address = this.#nodes.get(name)?.address
    if (address && this.#owners.get(address) === name) this.#owners.delete(address)
    this.#nodes.delete(name)
    this.#options.schedule.remove(name)
  }
}
