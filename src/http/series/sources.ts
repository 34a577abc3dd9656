import type { Pool } from 'pg'
import { describeLinkChart, describeNodeChart, describePathChart, describeRadioChart, isRadioChart } from '../../charts/catalogue.js'
import type { Config } from '../../config-schema.js'
import { mediumOf, orderEnds } from '../../incidents/subject.js'
import { findNames } from '../queries/names.js'
import { findNode } from '../queries/nodes.js'
import { identifyRadio, readBattery } from '../queries/radios.js'
import { binLink, binNode, binPath } from '../queries/series.js'
import type { ChartSource } from './chart.js'
import { binLinkSnr } from './link.js'
import { binRadio } from './radio.js'
import { ageSeconds, type Kept, type Range } from './range.js'

/** Where charts come from. */
export interface ChartSources {
  db: Pool
  now: () => number
  /** How long rows of paths, links and nodes are kept, and those of radios. */
  kept: Kept
  radiosKept: Kept
}

export async function radioSource ({ db, radiosKept }: ChartSources, { node, metric }: { node: string, metric: string }): Promise<ChartSource | undefined> {
  const radio = await identifyRadio(db, node)
  if (radio === undefined) return undefined
  const described = describeRadioChart({ kind: radio.kind, battery: radio.battery && readBattery(radio.battery) }, metric)
  return { subject: radio.id, metric: described, mayBeEmpty: isRadioChart(metric), kept: radiosKept, isSparse: true, read: async (range) => await binRadio(db, radio, range, [metric]) }
}

export async function pathSource ({ db, kept }: ChartSources, path: { src: string, dst: string, metric: string }): Promise<ChartSource | undefined> {
  const [src, dst] = await findNames(db, [path.src, path.dst])
  const metric = describePathChart(path.metric)
  if (src === undefined || dst === undefined || metric === undefined) return undefined
  return { subject: `${src} → ${dst}`, metric, mayBeEmpty: true, kept, read: async (range) => await binPath(db, { src, dst }, range, [metric.metric]) }
}

/** Both directions together; the ends in any order. */
export async function linkSource ({ db, kept }: ChartSources, given: { a: string, b: string, medium: string, metric: string }): Promise<ChartSource | undefined> {
  const [from, to] = await findNames(db, [given.a, given.b])
  const metric = describeLinkChart(given.metric)
  if (from === undefined || to === undefined || metric === undefined) return undefined
  const link = { ...orderEnds(from, to), medium: mediumOf(given.medium.toLowerCase()) }
  const subject = `${link.a} – ${link.b}${link.medium === 'rf' ? '' : ` (${link.medium})`}`
  const read = async (range: Range) => metric.metric === 'snr_db' ? await binLinkSnr(db, link, range) : await binLink(db, link, range, [metric.metric])
  return { subject, metric, mayBeEmpty: true, kept, read }
}

export async function nodeSource ({ db, now, kept }: ChartSources, given: { id: string, metric: string }): Promise<ChartSource | undefined> {
  const node = await findNode(db, given.id, now())
  const metric = describeNodeChart(given.metric)
  if (node === undefined || metric === undefined) return undefined
  return { subject: node.id, metric, mayBeEmpty: true, kept, read: async (range) => await binNode(db, node.id, range, [metric.metric]) }
}

type Ages = Pick<Config, 'RETENTION_RAW' | 'RETENTION_HOURLY' | 'RETENTION_RADIO'>

/** How long rows are kept by the settings. */
export function keptBy (config: Ages): Pick<ChartSources, 'kept' | 'radiosKept'> {
  const hourlyS = ageSeconds(config.RETENTION_HOURLY)
  return { kept: { rawS: ageSeconds(config.RETENTION_RAW), hourlyS }, radiosKept: { rawS: ageSeconds(config.RETENTION_RADIO), hourlyS } }
}
