import { posix } from 'node:path'
import { fileName, rowId } from '../dashboard/file-name.js'
import type { ChartWindow, Href, ReportTarget, Target } from '../dashboard/href.js'

export interface SiteRadio { id: string, kind: string }

/** Which file of the site each target is. */
export interface Places {
  /** Below the site's folder, with an anchor where several share a page. */
  fileOf: (target: Target) => string
  /** Relative addresses as they are in that file. */
  hrefFrom: (file: string) => Href
  /** Folder of a radio's charts as files. */
  chartFolder: (radio: string) => string
}

/**
 * Pages of the first repeater lie at the top and those of the first companion in companion/, as meshcore-stats has them; of every other radio
 * in radios/. Nodes, links and paths have no pages of their own here: they are rows of their tables.
 */
export function placeTargets (radios: SiteRadio[], assetFile: (name: string) => string): Places {
  const folders = radioFolders(radios)
  const fileOf = (target: Target): string => {
    switch (target.to) {
      case 'overview': return 'index.html'
      case 'issue': return `issues/${fileName(target.id)}.html`
      case 'node': return `nodes.html#${rowId(target.id)}`
      case 'link': return `links.html#${rowId(target.a, target.b, target.medium)}`
      case 'path': return `paths.html#${rowId(target.src, target.dst)}`
      case 'radio': return windowFile(folders.get(target.node) ?? `radios/${fileName(target.node)}/`, target.window ?? 'day')
      case 'route': return 'topology.html'
      case 'chart': throw new Error('pages of the site ask for no other charts')
      case 'site': return windowFile(`sites/${fileName(target.name)}/`, target.window ?? 'day')
      case 'report': return reportFile(folders.get(target.radio ?? ''), target)
      case 'reports': return 'reports/index.html'
      case 'asset': return `assets/${assetFile(target.name)}`
      case 'panel-script': return `assets/${assetFile('panel.js')}`
      default: return `${target.to}.html`
    }
  }
  return {
    fileOf,
    chartFolder: (radio) => `assets/${roleFolder(folders.get(radio), radio)}`,
    hrefFrom (file) {
      const folder = posix.dirname(file)
      return (target) => {
        const [path = '', anchor] = fileOf(target).split('#')
        const relative = path === file && anchor !== undefined ? '' : posix.relative(folder, path)
        return `${relative}${anchor === undefined ? '' : `#${anchor}`}`
      }
    },
  }
}

function windowFile (folder: string, window: ChartWindow): string {
  return `${folder}${window}.html`
}

/** As meshcore-stats has them: reports/repeater/2026/11/index.html, of the first radio of each role. */
function reportFile (radioFolder: string | undefined, { radio, year, month, file }: ReportTarget): string {
  const whose = radio === undefined ? 'mesh/' : roleFolder(radioFolder, radio)
  const when = month === undefined ? String(year) : `${year}/${String(month).padStart(2, '0')}`
  return `reports/${whose}${when}/${file === undefined ? 'index.html' : `report.${file}`}`
}

/** The first of a role stands for it. */
function roleFolder (radioFolder: string | undefined, radio: string): string {
  return radioFolder === '' ? 'repeater/' : radioFolder ?? `radios/${fileName(radio)}/`
}

/** `radios`: the one first known first. */
function radioFolders (radios: SiteRadio[]): Map<string, string> {
  const first = (kind: string) => radios.find((radio) => radio.kind === kind)?.id
  return new Map(radios.map(({ id }) => [id, id === first('repeater') ? '' : id === first('companion') ? 'companion/' : `radios/${fileName(id)}/`]))
}
