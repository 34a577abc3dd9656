import { elevationText, type Place } from '../../reports/place.js'
import { radioTexts as texts } from '../texts/radios.js'
import { figure } from './figure.js'
import { describeSpan } from '../../incidents/span.js'

export type RadioKind = 'companion' | 'repeater'
export type RadioState = keyof typeof texts.states

/** What a radio is and last said; readings as they are stored. */
export interface RadioFacts {
  id: string
  /** As the settings call it, else its own name. */
  name: string
  kind: RadioKind
  publicKey: string | null
  state: RadioState
  observedAt: string | null
  readings: Readonly<Record<string, number>>
  place: Place
  /** Maidenhead locator: told, or of its coordinates. */
  gridSquare: string | null
  hardware: string | null
  /** Of a companion: how the worker reaches it. */
  connection: string | null
  /** Of the modulation: from SELF_INFO. */
  radio: { frequencyMhz: number | null, bandwidthKhz: number | null, spreadingFactor: number | null, codingRate: number | null }
}

export function StateBadge ({ state }: { state: RadioState }) {
  return <span class={`radio-state ${state}`}>{texts.states[state]}</span>
}

/** Volts with two decimals. */
export function voltageText (readings: RadioFacts['readings']): string {
  const mv = readings['bat'] ?? readings['battery_mv']
  return figure(mv === undefined ? undefined : mv / 1000, 2, 'V')
}

export function chargeText (readings: RadioFacts['readings']): string {
  return figure(readings['bat_pct'], 0, '%')
}

const uptimeText = (seconds: number | undefined) => seconds === undefined ? '—' : describeSpan(seconds * 1000)

/** The numbers that matter first; of a repeater some more beneath. */
export function Vitals ({ radio: { kind, readings } }: { radio: RadioFacts }) {
  const charge = readings['bat_pct']
  const vitals = kind === 'repeater'
    ? [[texts.rssi, figure(readings['last_rssi'], 0, 'dBm')], [texts.snr, figure(readings['last_snr'], 2, 'dB')]]
    : [[texts.contacts, figure(readings['contacts'], 0)], [texts.uptime, uptimeText(readings['uptime_secs'])]]
  const more = kind === 'repeater' ? [[texts.uptime, uptimeText(readings['uptime'])], [texts.noise, figure(readings['noise_floor'], 0, 'dBm')], [texts.queue, figure(readings['tx_queue_len'], 0)]] : []
  return (
    <>
      <dl class='vitals'>
        <div><dt>{texts.battery}</dt><dd>{voltageText(readings)}{charge !== undefined && <meter min={0} max={100} low={20} value={charge} aria-label={texts.charge} />}</dd></div>
        <div><dt>{texts.charge}</dt><dd>{chargeText(readings)}</dd></div>
        {vitals.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
      {more.length > 0 && <List entries={more} />}
    </>
  )
}

/** RX and TX of each row of the traffic table. */
const traffic: Readonly<Record<RadioKind, Readonly<Record<keyof typeof texts.rows, readonly [string, string]>>>> = {
  repeater: { packets: ['nb_recv', 'nb_sent'], flood: ['recv_flood', 'sent_flood'], direct: ['recv_direct', 'sent_direct'], airtime: ['rx_airtime', 'airtime'] },
  companion: { packets: ['recv', 'sent'], flood: ['flood_rx', 'flood_tx'], direct: ['direct_rx', 'direct_tx'], airtime: ['rx_air_secs', 'tx_air_secs'] },
}

export function Traffic ({ radio: { kind, readings } }: { radio: RadioFacts }) {
  const cell = (row: string, metric: string) => {
    const value = readings[metric]
    if (value === undefined) return <td key={metric}>—</td>
    return row === 'airtime' ? <td key={metric} title={`${value.toLocaleString('en-US')} s`}>{uptimeText(value)}</td> : <td key={metric} title={texts.packets(value.toLocaleString('en-US'))}>{compactText(value)}</td>
  }
  return (
    <table class='traffic'>
      <caption>{texts.traffic}</caption>
      <thead><tr><td /><th scope='col'>{texts.received}</th><th scope='col'>{texts.sent}</th></tr></thead>
      <tbody>{Object.entries(traffic[kind]).map(([row, metrics]) => <tr key={row}><th scope='row'>{texts.rows[row as keyof typeof texts.rows]}</th>{metrics.map((metric) => cell(row, metric))}</tr>)}</tbody>
    </table>
  )
}

/** As meshcore-stats writes counts: as they are below 1,000, with a comma below 10,000, then in thousands or millions. */
export function compactText (count: number): string {
  if (count < 10_000) return count.toLocaleString('en-US')
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`
}

export function Details ({ radio: { kind, place, gridSquare, hardware, connection, radio } }: { radio: RadioFacts }) {
  const { name, lat, lon, elevation } = place
  const known = (value: string | null | undefined) => value === null || value === undefined ? '—' : value
  const details = [
    [texts.location, known(name)], [texts.coordinates, lat === undefined || lon === undefined ? '—' : `${lat.toFixed(4)}, ${lon.toFixed(4)}`],
    [texts.square, known(gridSquare)], [texts.elevation, known(elevation && elevationText(elevation))], [texts.hardware, known(hardware)],
    ...kind === 'companion' ? [[texts.connection, connection === null ? '—' : texts.connections[connection] ?? connection]] : [],
  ]
  const parameters = [
    [texts.frequency, figure(radio.frequencyMhz, 3, 'MHz')], [texts.bandwidth, figure(radio.bandwidthKhz, 1, 'kHz')],
    [texts.spreading, radio.spreadingFactor === null ? '—' : `SF${radio.spreadingFactor}`], [texts.coding, radio.codingRate === null ? '—' : `CR${radio.codingRate}`],
  ]
  return <><h2>{texts.details}</h2><List entries={details} /><h2>{texts.radio}</h2><List entries={parameters} /></>
}

function List ({ entries }: { entries: string[][] }) {
  return <dl class='facts'>{entries.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
}
