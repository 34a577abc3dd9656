import type { FieldError } from '../../messages/index.js'
import type { NormalisedMessage, RowOf } from '../../messages/tables.js'
import { printTable } from '../print-table.js'

/** What a node said, and what it becomes in the collector: rows, or the reasons for which it would be refused. */
export type Reading = { address: string, bytes: number, sysinfo: Record<string, unknown> } & ({ became: NormalisedMessage } | { errors: FieldError[] })

const linkColumns = [['to', false], ['type', false], ['lq', true], ['nlq', true], ['rxcost', true], ['txcost', true], ['rtt ms', true], ['signal dBm', true], ['noise dBm', true], ['Mbit/s', true]] as const

export function printReading (reading: Reading): string {
  const { address, bytes } = reading
  if ('errors' in reading) return [`${address} answered with ${bytes} bytes, which the collector would refuse:`, ...reading.errors.map(({ path, message }) => `  ${path} ${message}`)].join('\n')
  const { sightings: [node], rows } = reading.became
  const health = rows.flatMap((row) => row.table === 'agent_health' ? [row.values] : [])
  const links = rows.flatMap((row) => row.table === 'hop_quality' ? [row.values] : [])
  const paths = rows.filter(({ table }) => table === 'path_probe').length
  return [
    `${node?.name} at ${address}: ${node?.model ?? 'unknown model'}, firmware ${node?.version ?? 'unknown'}; ${bytes} bytes`,
    ...health.map(printHealth),
    ...(links.length > 0 ? ['', printTable(linkColumns.map(([name, isNumber]) => ({ name, isNumber })), links.map(printLink))] : []),
    '',
    `This becomes ${rows.length} rows: ${paths} paths, ${links.length} links, ${health.length} of the node's own health.`,
  ].join('\n')
}

function printHealth ({ uptime_seconds: uptimeS, load1, free_mem_mb: freeMb, lat, lon }: RowOf<'agent_health'>): string {
  const known = [
    uptimeS !== null && `up ${(uptimeS / 86_400).toFixed(1)} days`,
    load1 !== null && `load ${load1}`,
    freeMb !== null && `${freeMb.toFixed(1)} MB free`,
    lat !== null && lon !== null && `at ${lat}, ${lon}`,
  ]
  return known.filter(Boolean).join(', ')
}

function printLink (link: RowOf<'hop_quality'>): (string | null)[] {
  const round = (value: number | null, digits: number): string | null => value === null ? null : String(Number(value.toFixed(digits)))
  return [
    link.to_node, link.link_type, round(link.lq, 2), round(link.nlq, 2), round(link.rxcost, 0), round(link.txcost, 0),
    round(link.rtt_ms, 1), round(link.signal_dbm, 0), round(link.noise_dbm, 0), round(link.tx_bitrate_mbps, 1),
  ]
}
