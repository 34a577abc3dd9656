import type { Poller } from '../../radio/poller.js'
import { printTable } from '../print-table.js'

type Round = Awaited<ReturnType<Poller['once']>>[number]

/** Shown of a radio that answered, in this order; the rest stands in the JSON and in the database. */
const shown = ['battery_mv', 'bat', 'uptime_secs', 'uptime', 'last_rssi', 'last_snr', 'noise_floor', 'contacts', 'recv', 'sent', 'nb_recv', 'nb_sent']
const wellEnough = ['answered', 'breaker_open', 'postponed']

/** Whether a round is nothing an operator has to hear of: a breaker that is open has been told when it opened. */
export function isWell ({ result }: Round): boolean {
  return wellEnough.includes(result)
}

export function printRounds (rounds: Round[]): string {
  const columns = ['radio', 'role', 'result', 'readings'].map((name) => ({ name, isNumber: false }))
  return printTable(columns, rounds.map((round) => [round.node, round.role, round.result.replaceAll('_', ' '), describe(round)]))
}

function describe (round: Round): string {
  const { readings } = round
  const names = Object.keys(readings)
  const values = shown.filter((name) => name in readings).map((name) => `${name} ${readings[name]}`)
  const others = names.length - values.length
  const reason = 'reason' in round && round.reason !== undefined ? [round.reason] : []
  return [...reason, ...values, ...(others > 0 ? [`and ${others} more`] : [])].join(', ')
}
