import { chartWindows, drawRadio } from '../dashboard/pages/radio.js'
import { drawRadios } from '../dashboard/pages/radios.js'
import { windowNames } from '../dashboard/href.js'
import { drawSite } from '../dashboard/pages/site.js'
import { drawSites } from '../dashboard/pages/sites.js'
import { readPlace, readSites } from '../http/documents/place.js'
import { readRadio, readRadios } from '../http/documents/radio.js'
import { page, type Making } from './making.js'
import type { SiteRadio } from './places.js'
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

/** A page of charts for each window of each radio. */
export function listRadioPages (making: Making, radios: SiteRadio[]): SiteFile[] {
  const { charts, sites, timeZone, units, reports: { settings } } = making
  const look = { ...settings, sites, timeZone, units }
  return [
    ...radios.flatMap(({ id: node }) => chartWindows.map((window) => ({
      ...page(making, { to: 'radio', node, window }, async (view) => {
        const document = await readRadio(charts, { node, window }, look)
        return document === undefined ? null : drawRadio(view, document)
      }),
      freshMs: freshMs[window],
    }))),
    page(making, { to: 'radios' }, async (view) => drawRadios(view, await readRadios(charts, settings))),
  ]
}
