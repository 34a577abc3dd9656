import type { Pool } from 'pg'
import { wallClock } from '../../charts/wall-clock.js'
import type { Config } from '../../config-schema.js'
import type { PlaceSettings } from '../../reports/place.js'
import type { Role } from '../../reports/radio-report.js'

/** What reports are made from. */
export interface ReportSources {
  db: Pool
  now: () => number
  settings: ReportSettings
}

export interface ReportSettings {
  /** IANA name of the zone whose days and months they have. */
  timeZone: string
  place: PlaceSettings
  hardware: Partial<Record<Role, string>>
  /** For how many seconds hourly aggregates are kept; Infinity for ever. */
  hourlyKeptS: number
}

type Named = 'TZ' | 'REPORT_LOCATION_NAME' | 'REPORT_LOCATION_SHORT' | 'REPORT_LAT' | 'REPORT_LON' | 'REPORT_ELEV' | 'REPORT_ELEV_UNIT' | 'REPEATER_HARDWARE' | 'COMPANION_HARDWARE'

export function zoneOf ({ TZ }: Pick<Config, 'TZ'>): string {
  return TZ ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

export function reportSettings (config: Pick<Config, Named>, hourlyKeptS: number): ReportSettings {
  const { REPORT_LOCATION_NAME: name, REPORT_LOCATION_SHORT: short, REPORT_LAT: lat, REPORT_LON: lon, REPORT_ELEV: elevation, REPORT_ELEV_UNIT: unit } = config
  return {
    timeZone: zoneOf(config),
    hourlyKeptS,
    place: {
      elevationUnit: unit,
      ...(name !== undefined && { name }),
      ...(short !== undefined && { short }),
      ...(lat !== undefined && { lat }),
      ...(lon !== undefined && { lon }),
      ...(elevation !== undefined && { elevation: { value: elevation, unit } }),
    },
    hardware: {
      ...(config.REPEATER_HARDWARE !== undefined && { repeater: config.REPEATER_HARDWARE }),
      ...(config.COMPANION_HARDWARE !== undefined && { companion: config.COMPANION_HARDWARE }),
    },
  }
}

export const clockOf = ({ settings }: ReportSources) => wallClock(settings.timeZone)
