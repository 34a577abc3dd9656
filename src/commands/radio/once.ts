import type { PolledOnce } from '../../radio/poller.js'
import { printTable } from '../print-table.js'

/** Shown of a radio that answered, in this order; the rest stands in the JSON and in the database. */
const shown = ['battery_mv', 'bat', 'uptime_secs', 'uptime', 'last_rssi', 'last_snr', 'noise_floor', 'contacts', 'recv', 'sent', 'nb_recv', 'nb_sent']
const wellEnough = ['answered', 'breaker_open', 'postponed']

/** Whether a round is nothing an operator has to hear of: a breaker that is open has been told when it opened. */
export function isWell ({ result }: PolledOnce): boolean {
  return wellEnough.includes(result)
}

export interface ShowOptions { json: boolean, quiet: boolean, /** Messages that the collector has not got yet. */ waiting: number }

/** What standard output gets: nothing where there is nothing to show. A companion that can't be used is told by problemsOf. */
export function showRounds (rounds: PolledOnce[], { json, quiet, waiting }: ShowOptions): string {
  const shownRounds = quiet ? rounds.filter((round) => !isWell(round)) : rounds
  if (json) return `${JSON.stringify({ rounds: shownRounds, waiting }, null, 2)}\n`
  const rows = shownRounds.filter(({ result }) => result !== 'no_companion')
  return rows.length === 0 ? '' : `${printRounds(rows)}\n`
}

/** Why the round ended before its time. */
export function problemsOf (rounds: PolledOnce[], remedy: string | undefined): string[] {
  return rounds.filter(({ result }) => result === 'no_companion')
    .map(({ reason }) => [reason, remedy].filter((part) => part !== undefined).join('. '))
}

function printRounds (rounds: PolledOnce[]): string {
  const columns = ['radio', 'role', 'result', 'readings'].map((name) => ({ name, isNumber: false }))
  return printTable(columns, rounds.map((round) => [round.node, round.role, round.result.replaceAll('_', ' '), describe(round)]))
}

function describe ({ readings, reason }: PolledOnce): string {
  const names = Object.keys(readings)
  const values = shown.filter((name) => name in readings).map((name) => `${name} ${readings[name]}`)
  const others = names.length - values.length
  return [...(reason === undefined ? [] : [reason]), ...values, ...(others > 0 ? [`and ${others} more`] : [])].join(', ')
}
