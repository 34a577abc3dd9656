import { chartWindows, drawRadio } from '../dashboard/pages/radio.js'
import { drawRadios } from '../dashboard/pages/radios.js'
import { readRadio, readRadios } from '../http/documents/radio.js'
import { page, type Making } from './making.js'
import type { SiteRadio } from './places.js'
import type { SiteFile } from './write-site.js'

/** How often the charts of a window are worth drawing again: a twelfth of their bins, an hour at most. */
const freshMs = { day: 60_000, week: 150_000, month: 600_000, year: 3_600_000 } as const

/** A page of charts for each window of each radio. */
export function listRadioPages (making: Making, radios: SiteRadio[]): SiteFile[] {
  const { charts, timeZone, units, reports: { settings } } = making
  const look = { ...settings, timeZone, units }
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
