import { dayLoad } from '../weather.js'
import type { World } from './world.js'

const shortestBytes = 20
const longestBytes = 160
/** Of what is heard, messages for the companion's channels. */
const messageShare = 0.02
const texts = ['Good morning from the hill', 'Anybody on tonight?', 'Copy, 73', 'Test 1 2 3', 'Net starts at eight']

/** The mesh's other packets, as the companion hears them: more by day than by night. Runs until the signal. */
export async function startChatter (world: World, signal: AbortSignal): Promise<void> {
  const { plan: { chatterPerMin }, clock, random, companion, nature } = world
  if (chatterPerMin === 0) return
  for (;;) {
    const perMs = Math.max(dayLoad(nature.nowMs()), 0.05) * chatterPerMin / 60_000
    await clock.wait(-Math.log(1 - random.next()) / perMs, signal)
    if (!companion.isUp) continue
    const bytes = shortestBytes + random.integer(longestBytes - shortestBytes)
    companion.counters.heard(true, world.airtimeMs(bytes), random.between(-10, 10))
    world.hear(bytes, () => { if (random.next() < messageShare) hearMessage(world, random.pick(texts) ?? '') })
  }
}

/** A message of a channel waits for the app: it is told once, if it is there. */
export function hearMessage ({ companion }: World, text: string): void {
  companion.messages.add({ timeS: companion.rtc.nowS(), text, snrDb: companion.counters.lastSnr })
  companion.push({ is: 'message_waiting' })
}
