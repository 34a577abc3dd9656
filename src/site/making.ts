import type { Pool } from 'pg'
import type { UnitSystem } from '../charts/units.js'
import type { Assets } from '../dashboard/assets.js'
import type { Target } from '../dashboard/href.js'
import type { View } from '../dashboard/page.js'
import type { ReportSources } from '../http/reports/sources.js'
import type { ChartSources } from '../http/series/sources.js'
import type { Site } from '../places/sites.js'
import type { Outline } from '../topology/outline.js'
import type { Places } from './places.js'
import type { SiteFile } from './write-site.js'

export interface SiteSources {
  db: Pool
  now: () => number
  unknownAfterS: number
  charts: ChartSources
  timeZone: string
  units: UnitSystem
  reports: ReportSources
  outline: Outline
  /** Of SITES. */
  sites: readonly Site[]
}

/** What the files of one run are made with. */
export interface Making extends SiteSources {
  places: Places
  assets: Assets
  /** Everything is as it is at one moment. */
  view: Omit<View, 'href'>
}

/** The page of a target, drawn with the addresses that its own file needs. */
export function page ({ places, view }: Making, target: Target, draw: (view: View) => Promise<string | null>): SiteFile {
  const path = places.fileOf(target)
  return { path, make: async () => await draw({ ...view, href: places.hrefFrom(path) }) }
}
