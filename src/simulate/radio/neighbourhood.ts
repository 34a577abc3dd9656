import type { Neighbour } from '../../radio/frames/index.js'
import { Random } from '../random.js'
import { keyFor } from './keys.js'
import type { SimulatedRepeater } from './repeater.js'
import type { World } from './world.js'

/** Who hears whom: those next to each other on a way, and strangers that are no part of the world. */
export class Neighbourhood {
  readonly #world: World

  constructor (world: World) {
    this.#world = world
  }

  of (repeater: SimulatedRepeater): Neighbour[] {
    const { seed } = this.#world.plan
    const known = this.#world.repeaters
      .filter((other) => other.isUp && (this.#isNext(repeater, other) || this.#isNext(other, repeater)))
      .map(({ key, plan, node }) => ({ prefix: key, ...this.#heard(repeater.node, node), snrDb: quarter(Math.min(plan.snrDb, repeater.plan.snrDb)) }))
    const strangers = Array.from({ length: repeater.plan.strangers }, (_, i) => {
      const random = new Random(seed, 51, repeater.node, i)
      return { prefix: keyFor(seed, 2000 + 100 * repeater.node + i), ...this.#heard(repeater.node, 2000 + i), snrDb: quarter(random.between(-12, 9)) }
    })
    return [...known, ...strangers]
  }

  /** `near` is the last repeater on a way to `far`. */
  #isNext (near: SimulatedRepeater, far: SimulatedRepeater): boolean {
    return far.ways.some((way) => way.at(-1) === near.name)
  }

  /** Since the other's last advert. */
  #heard (node: number, other: number): { agoS: number } {
    const { seed, advertEveryS } = this.#world.plan
    const everyS = advertEveryS > 0 ? advertEveryS : 7200
    const offsetS = new Random(seed, 52, node, other).integer(everyS)
    return { agoS: (Math.floor(this.#world.clock.monotonicMs() / 1000) + offsetS) % everyS }
  }
}

function quarter (snrDb: number): number {
  return Math.round(snrDb * 4) / 4
}
