import { playRadioDay } from '../../test/support/radio-day.js'
import { less, type Bench, type Figure } from '../support/bench.js'
import { within } from '../support/scope.js'

const repeaters = 28
const seed = 7
const ampleS = 1000

/** Days of the poller against the simulated radio, on a clock that does not wait: what the budget spends and how it is spread, and what loss costs. */
export async function radioDay (bench: Bench): Promise<Figure[]> {
  const hours = Math.max(2, Math.round(24 * bench.scale))
  return await within(bench.scope, async ({ folder }) => {
    const scarce = await playRadioDay({ repeaters, hours, budgetSPerH: 60, loss: 0, seed, folder: `${folder}/scarce` })
    const lossy = await playRadioDay({ repeaters, hours, budgetSPerH: ampleS, loss: 0.1, seed, folder: `${folder}/lossy` })
    const { waits, busiestHourS, airtimeS } = scarce
    const silent = lossy.figures.radios.reduce((sum, { rounds }) => sum + rounds.silent, 0)
    const missedPct = 100 * lossy.missed / lossy.steps
    return [{
      what: `${repeaters} MeshCore repeaters asked every 15 min for ${hours} h, RADIO_BUDGET_S_PER_H 60`,
      measured: `${busiestHourS.toFixed(1)} s sent in the busiest hour; single waits ${minutes(waits.shortestS)} to ${minutes(waits.longestS)} min, mean of a repeater ${minutes(waits.leastMeanS)} to ${minutes(waits.mostMeanS)} min`,
      target: '≤ 60 s in every hour; longest ≤ 2 × shortest',
      pass: busiestHourS <= 60 && waits.longestS <= 2 * waits.shortestS && waits.mostMeanS <= 2 * waits.leastMeanS,
      notes: [
        `${airtimeS.toFixed(0)} s were sent in all, the poller counted ${scarce.figures.airtimeS.toFixed(0)} s; single waits count once everybody has been read, after ${minutes(waits.learningS)} min: before that no path is known, every first login floods, and nobody is asked a second time`,
        'simulated repeaters at 0, 1 and 2 hops, SF8, 62.5 kHz; all that was sent counts, repeats included',
      ],
      data: { seed, hours, ...scarce },
    }, {
      what: `the same with 10 % of packets lost on each way, RADIO_BUDGET_S_PER_H ${ampleS}`,
      measured: `${lossy.missed} of ${lossy.steps} readings of 15 min missed (${missedPct.toFixed(2)} %)`,
      target: '< 1 %',
      pass: missedPct < 1,
      numbers: { missed_pct: less(missedPct) },
      notes: [`${silent} rounds of two tries stayed without an answer (${(100 * silent / lossy.steps).toFixed(1)} % of the steps) and were repeated later in their step; busiest hour ${lossy.busiestHourS.toFixed(0)} s`],
      data: { seed, hours, ...lossy },
    }]
  })
}

const minutes = (seconds: number): string => (seconds / 60).toFixed(0)
