/** What looks back how far on pages of charts. */
export const windowNames = ['day', 'week', 'month', 'year'] as const
export type ChartWindow = typeof windowNames[number]

/** A page, a chart or a file that a page may refer to. */
export type Target =
  | { to: 'overview' | 'topology' | 'sites' | 'radios' | 'reports' | 'rules' | 'maintenance' | 'login' | 'panel-script' }
  /** A table, with what it is filtered and sorted by. */
  | { to: 'nodes' | 'links' | 'paths' | 'rejected', query?: Readonly<Record<string, string | undefined>> }
  | { to: 'issues', status?: 'open' | 'closed' | 'all' }
  | { to: 'issue', id: string }
  | { to: 'node', id: string, window?: ChartWindow }
  | { to: 'site', name: string, window?: ChartWindow }
  | { to: 'link', a: string, b: string, medium: string, window?: ChartWindow }
  | { to: 'path', src: string, dst: string, window?: ChartWindow }
  | { to: 'radio', node: string, window?: ChartWindow }
  | { to: 'route', src: string, dst: string }
  | ChartTarget
  | ReportTarget
  | { to: 'asset', name: string }

/** A chart as a file of its own. `of`: the radio or node, or both ends of the path or link. Of `range` a script asks for other times. `issue`: whose thresholds and time it shows. */
export interface ChartTarget { to: 'chart', kind: 'radios' | 'paths' | 'links' | 'nodes', of: string[], medium?: string, metric: string, window: ChartWindow | 'range', issue?: string }

/** A report: of a radio, or of the mesh where none is named; as a page unless `file` says otherwise. */
export interface ReportTarget { to: 'report', radio?: string, year: number, month?: number, file?: 'txt' | 'json' }

/** Where a target is found. Pages never write an address themselves: the static site has others than the collector. */
export type Href = (target: Target) => string

const segment = encodeURIComponent

/** Addresses of the collector's own pages. `assetFile` names the served file of an asset. */
export function collectorHref (assetFile: (name: string) => string): Href {
  return (target) => {
    switch (target.to) {
      case 'overview': return '/'
      case 'panel-script': return '/panel.js'
      case 'issues': return target.status === undefined || target.status === 'open' ? '/ui/issues' : `/ui/issues?status=${target.status}`
      case 'issue': return `/ui/issues/${segment(target.id)}`
      case 'node': return `/ui/nodes/${segment(target.id)}${queryOf({ window: target.window })}`
      case 'site': return `/ui/sites/${segment(target.name)}${queryOf({ window: target.window })}`
      case 'link': return `/ui/links/${segment(target.a)}/${segment(target.b)}${queryOf({ medium: target.medium === 'rf' ? undefined : target.medium, window: target.window })}`
      case 'path': return `/ui/paths/${segment(target.src)}/${segment(target.dst)}${queryOf({ window: target.window })}`
      case 'radio': return `/ui/radios/${segment(target.node)}/${target.window ?? 'day'}`
      case 'route': return `/ui/topology?highlight=${segment(target.src)},${segment(target.dst)}`
      case 'chart': return `/charts/${[target.kind, ...target.of, target.metric, target.window].map(segment).join('/')}.svg${queryOf({ medium: target.medium, issue: target.issue })}`
      case 'report': return reportAddress(target)
      case 'asset': return `/ui/assets/${assetFile(target.name)}`
      case 'nodes': case 'links': case 'paths': case 'rejected': return `/ui/${target.to}${queryOf(target.query)}`
      default: return `/ui/${target.to}`
    }
  }
}

function queryOf (query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
}

function reportAddress ({ radio, year, month, file }: ReportTarget): string {
  const whose = radio === undefined ? ['mesh'] : ['radios', radio]
  const path = ['reports', ...whose, String(year), ...(month === undefined ? [] : [String(month).padStart(2, '0')])].map(segment).join('/')
  return file === undefined ? `/ui/${path}` : `/${path}/report.${file}`
}
