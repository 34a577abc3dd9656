import { contactFrame, contactTypes, type StoredContact } from './contacts.js'
import type { SimulatedRepeater } from './repeater.js'
import type { World } from './world.js'

const firstMs = 16_000
const tickMs = 2000
const advertBytes = 120

/** Repeaters tell their neighbours that they are there: 16 s after they started and then at their interval. Runs until the signal. */
export async function advertise (world: World, signal: AbortSignal): Promise<void> {
  const everyMs = 1000 * world.plan.advertEveryS
  if (everyMs === 0) return
  const turnOf = ({ bootedAtMs }: SimulatedRepeater): number => Math.floor((world.clock.monotonicMs() - bootedAtMs - firstMs) / everyMs)
  const sent = new Map(world.repeaters.map((repeater) => [repeater, { boots: repeater.boots, turn: turnOf(repeater) }]))
  for (;;) {
    await world.clock.wait(tickMs, signal)
    for (const [repeater, { boots, turn }] of sent) {
      const now = { boots: repeater.boots, turn: turnOf(repeater) }
      const isDue = now.turn > (boots === now.boots ? turn : -1)
      sent.set(repeater, now)
      if (isDue && repeater.isUp) advert(world, repeater)
    }
  }
}

/** The companion hears the repeaters that are next to it. */
export function advert (world: World, repeater: SimulatedRepeater): void {
  const { companion } = world
  if (!companion.isUp || !repeater.ways.some((way) => way.length === 0)) return
  companion.counters.heard(false, world.airtimeMs(advertBytes), repeater.snrDb)
  const lastAdvertS = repeater.rtc.uniqueS()
  world.hear(advertBytes, () => {
    const known = companion.contacts.find(repeater.key)
    if (known !== undefined && lastAdvertS <= known.lastAdvertS) return
    const contact = contactOf(repeater, { way: known?.way ?? null, lastAdvertS, lastModifiedS: companion.rtc.nowS() })
    if (known === undefined && !companion.plan.addsContacts) return companion.push({ ...contactFrame(contact), is: 'new_advert' })
    companion.contacts.put(contact)
    companion.push({ is: 'advert', key: repeater.key })
  })
}

export function contactOf (repeater: SimulatedRepeater, heard: Pick<StoredContact, 'way' | 'lastAdvertS' | 'lastModifiedS'>): StoredContact {
  const { key, name, plan: { latitude, longitude } } = repeater
  return { key, name, type: contactTypes.repeater, repeater, latitude, longitude, ...heard }
}
