import { chartWindows, drawRadio, type RadioDocument } from '../dashboard/pages/radio.js'
import { drawRadios } from '../dashboard/pages/radios.js'
import { windowNames, type ChartWindow } from '../dashboard/href.js'
import { drawSite } from '../dashboard/pages/site.js'
import { drawSites } from '../dashboard/pages/sites.js'
import { readPlace, readSites } from '../http/documents/place.js'
import { readRadio, readRadios } from '../http/documents/radio.js'
import type { RadioBody } from '../http/schemas/radios.js'
import { listChartFiles } from './charts.js'
import { page, type Making } from './making.js'
import type { SiteFile } from './write-site.js'

/** How often the charts of a window are worth drawing again: a twelfth of their bins, an hour at most. */
const freshMs = { day: 60_000, week: 150_000, month: 600_000, year: 3_600_000 } as const

/** Places where radios and nodes stand together: a page for each window, and the list of them. */
export async function listPlacePages (making: Making): Promise<SiteFile[]> {
  const { db, charts, sites, timeZone, units, view: { nowMs } } = making
  const all = await readSites(db, sites, nowMs)
  return [
    ...all.places.flatMap(({ name }) => windowNames.map((window) => ({
      ...page(making, { to: 'site', name, window }, async (view) => {
        const document = await readPlace(charts, sites, name, { timeZone, units, window })
        return document === undefined ? null : drawSite(view, document)
      }),
      freshMs: freshMs[window],
    }))),
    page(making, { to: 'sites' }, async (view) => drawSites(view, all)),
  ]
}

/** A page of charts for each window of each radio, and each of its charts as a file. */
export function listRadioPages (making: Making, radios: RadioBody[]): SiteFile[] {
  const { charts, sites, timeZone, units, reports: { settings } } = making
  const look = { ...settings, sites, timeZone, units }
  return [
    ...radios.flatMap((radio) => {
      const read = readLatest(async (window) => await readRadio(charts, { node: radio.id, window }, look))
      const pages = chartWindows.map((window) => ({
        ...page(making, { to: 'radio', node: radio.id, window }, async (view) => {
          const document = await read(window)
          return document === undefined ? null : drawRadio(view, document)
        }),
        freshMs: freshMs[window],
      }))
      return listChartFiles(making, radio, { pages, read, freshMs })
    }),
    page(making, { to: 'radios' }, async (view) => drawRadios(view, await readRadios(charts, settings))),
  ]
}

/** Reads each window once while its files are made one after the other; only the latest is held. */
function readLatest (read: (window: ChartWindow) => Promise<RadioDocument | undefined>): (window: ChartWindow) => Promise<RadioDocument | undefined> {
  let latest: { window: ChartWindow, document: Promise<RadioDocument | undefined> } | undefined
  return async (window) => {
    if (latest?.window !== window) latest = { window, document: read(window) }
    return await latest.document
  }
}
