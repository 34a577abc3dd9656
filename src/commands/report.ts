import { Command, InvalidArgumentError, Option } from 'commander'
import { loadConfig } from '../config.js'
import { readStyles } from '../dashboard/assets.js'
import { drawReportFile } from '../dashboard/pages/report.js'
import { makeMeshReport } from '../http/reports/mesh.js'
import { makeRadioReport } from '../http/reports/radio.js'
import { clockOf, reportSettings, type ReportSources } from '../http/reports/sources.js'
import { ageSeconds } from '../http/series/range.js'
import { createLog } from '../log.js'
import { replaceFile } from '../replace-file.js'
import { monthAt, periodTitle, shiftMonth, type Period } from '../reports/calendar.js'
import { reportJson } from '../reports/json.js'
import { meshText } from '../reports/mesh-text.js'
import type { MeshReport } from '../reports/mesh-report.js'
import type { RadioReport } from '../reports/radio-report.js'
import { radioText } from '../reports/radio-text.js'
import { openForCommand } from './connect.js'

type Format = 'txt' | 'json' | 'html'
interface Options { radio?: string, mesh?: true, month?: Period, year?: Period, format: Format, out?: string }

export function reportCommand (): Command {
  return new Command('report')
    .description('Print the report of a month or a year: of the mesh, or of one MeshCore radio. Months are those of the zone TZ.')
    .addOption(new Option('--radio <name>', 'of this radio').conflicts('mesh'))
    .option('--mesh', 'of the mesh; so also without --radio')
    .addOption(new Option('--month <month>', 'such as 2026-10; without, the last that is over').argParser(parseMonth).conflicts('year'))
    .addOption(new Option('--year <year>', 'such as 2026').argParser(parseYear))
    .addOption(new Option('--format <format>', 'how it is written').choices(['txt', 'json', 'html']).default('txt'))
    .option('--out <file>', 'write it to a file, at once as a whole')
    .addHelpText('after', '\nExamples:\n  meshmon report\n  meshmon report --radio Hill --month 2026-10\n  meshmon report --year 2026 --format html --out mesh-2026.html')
    .action(run)
}

async function run ({ radio, month, year, format, out }: Options): Promise<void> {
  const { config } = loadConfig()
  const database = await openForCommand(config, createLog('warn'))
  try {
    const sources: ReportSources = { db: database.pool, now: Date.now, settings: reportSettings(config, ageSeconds(config.RETENTION_HOURLY)) }
    const period = month ?? year ?? shiftMonth(monthAt(Date.now(), clockOf(sources)), -1)
    const report = await (radio === undefined ? makeMeshReport(sources, period) : makeRadioReport(sources, radio, period))
    if (report === undefined) throw new Error(`there is no data of ${radio === undefined ? 'the mesh' : `a radio ${radio}`} in ${periodTitle(period)}; GET /reports/index.json of the collector lists what there is`)
    const text = write(report, format)
    if (out === undefined) process.stdout.write(text)
    else replaceFile(out, text)
  } finally {
    await database.close()
  }
}

function write (report: RadioReport | MeshReport, format: Format): string {
  if (format === 'json') return reportJson(report)
  if (format === 'html') return drawReportFile(report, readStyles())
  return `${'scope' in report ? meshText(report) : radioText(report)}\n`
}

function parseMonth (text: string): Period {
  const [, year, month] = /^(20\d\d)-(0[1-9]|1[0-2])$/.exec(text) ?? []
  if (year === undefined || month === undefined) throw new InvalidArgumentError('not a month such as 2026-10.')
  return { year: Number(year), month: Number(month) }
}

function parseYear (text: string): Period {
  if (!/^20\d\d$/.test(text)) throw new InvalidArgumentError('not a year such as 2026.')
  return { year: Number(text) }
}
