import type { BaseLogger } from 'pino'
import { RadioError, type Companion } from './companion.js'
import { FrameError, type StatsKind } from './frames/index.js'
import { companionReadings, telemetryReadings, type Readings } from './readings.js'

const kinds: StatsKind[] = ['core', 'radio', 'packets']

/**
 * Reads all that the companion tells of itself. Each part may fail alone: old firmware does not know them all, and what fails is named.
 * Own telemetry is asked always, as meshcore-stats does, and kept where `telemetry` says so.
 * Rejects with RadioError `closed`, or with the last error where nothing could be read.
 */
export async function pollCompanion (companion: Companion, { telemetry, log }: { telemetry: boolean, log: Pick<BaseLogger, 'debug'> }): Promise<{ readings: Readings, failed: string[] }> {
  const readings: Readings = {}
  const failed: string[] = []
  let lastError: unknown
  async function part (name: string, read: () => Promise<Readings>): Promise<void> {
    try {
      Object.assign(readings, await read())
    } catch (error) {
      if (!(error instanceof RadioError || error instanceof FrameError) || (error instanceof RadioError && error.problem === 'closed')) throw error
      lastError = error
      failed.push(name)
      log.debug({ err: error, part: name }, 'a part of the companion\'s figures could not be read')
    }
  }

  await part('telemetry', async () => {
    const values = await companion.ownTelemetry()
    return telemetry ? telemetryReadings(values) : {}
  })
  await part('contacts', async () => ({ contacts: (await companion.contacts()).contacts.length }))
  for (const kind of kinds) await part(kind, async () => companionReadings(await companion.stats(kind)))
  if (Object.keys(readings).length === 0) throw lastError
  return { readings, failed }
}
