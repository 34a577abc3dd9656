import { withDeadline } from '../deadline.js'
import { ok, warning, problem, type Finding } from './finding.js'

const answerMs = 5000
/** Less than what rule 9 takes for a wrong clock; the header has whole seconds. */
const fairOffsetS = 30
const year2020 = Date.UTC(2020)

/** Whether this computer's clock, by which readings are dated, agrees with the collector's. Throws the signal's reason once that aborts. */
export async function checkClock (collectorUrl: string, now: () => number, signal: AbortSignal): Promise<Finding> {
  const check = 'clock'
  const set = 'Set it, or wait until it has the time from the network or GPS: date'
  if (now() < year2020) return problem(check, `the clock of this computer says ${new Date(now()).toISOString()}: readings would be dated by their receipt`, set)
  try {
    const { headers } = await withDeadline({ ms: answerMs, signal }, async (limited) => await fetch(collectorUrl, { method: 'HEAD', signal: limited }))
    const offsetS = Math.round((now() - Date.parse(headers.get('date') ?? '')) / 1000)
    if (Number.isNaN(offsetS)) return warning(check, 'the collector does not tell its time, so this computer\'s clock can\'t be compared')
    if (Math.abs(offsetS) <= fairOffsetS) return ok(check, 'this computer and the collector agree about the time')
    return warning(check, `this computer is ${Math.abs(offsetS)} s ${offsetS > 0 ? 'ahead of' : 'behind'} the collector`, `One of the two is wrong. ${set}`)
  } catch {
    signal.throwIfAborted()
    return warning(check, 'the collector can\'t be reached, so this computer\'s clock can\'t be compared')
  }
}
