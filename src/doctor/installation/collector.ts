import type { Config } from '../../config.js'
import { withDeadline } from '../../deadline.js'
import { loadOutline } from '../../map-file.js'
import { loadSites } from '../../places/sites.js'
import { loadRuleSettings } from '../../rules/settings/load.js'
import { version } from '../../version.js'
import { ok, problem, warning, type Finding } from '../finding.js'

const answerMs = 5000
const loopback = /^(127\.|::1$|localhost$)/
const logs = 'Its log says why: docker compose logs --tail 50 api, or journalctl -u meshmon -n 50'

/** Where this computer reaches its own collector; null where the port is only in the collector's log. */
export function ownUrl ({ HOST, PORT }: Pick<Config, 'HOST' | 'PORT'>): string | null {
  if (PORT === 0) return null
  const host = HOST === '0.0.0.0' ? '127.0.0.1' : HOST === '::' ? '::1' : HOST
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`
}

/** Files that settings name, read as the collector reads them. */
export async function checkFiles ({ RULES_FILE, SITES, MAP_GEOJSON }: Config): Promise<Finding[]> {
  const check = 'files'
  const named = [
    { file: RULES_FILE, read: () => loadRuleSettings(RULES_FILE), remedy: `See each mistake: meshmon rules check ${RULES_FILE}` },
    { file: SITES, read: () => loadSites(SITES), remedy: 'Compare it with sites.example.yaml' },
    { file: MAP_GEOJSON, read: () => loadOutline(MAP_GEOJSON), remedy: 'MAP_GEOJSON names a GeoJSON file of lines and polygons' },
  ].filter(({ file }) => file !== undefined)
  const findings = (await Promise.all(named.map(async ({ read, remedy }) => {
    try {
      await read()
      return []
    } catch (error) {
      return [problem(check, error instanceof Error ? error.message : String(error), remedy, 'The collector does not start before')]
    }
  }))).flat()
  return findings.length > 0 ? findings : [ok(check, named.length === 0 ? 'no setting names any' : named.map(({ file }) => file).join(', '))]
}

/** Who may write. */
export function checkTokens ({ HOST, API_TOKEN, INGEST_TOKEN }: Config): Finding {
  const check = 'tokens'
  if (loopback.test(HOST)) return ok(check, `only this computer reaches the collector, which listens at ${HOST}`)
  const text = INGEST_TOKEN === undefined ? 'everybody may send measurements, as agents without a token need' : 'agents need a token'
  if (API_TOKEN !== undefined) return ok(check, `changes need a token; ${text}`)
  return warning(check, `everybody who reaches ${HOST} may close issues and retire nodes; ${text}`, 'Set API_TOKEN in meshmon.conf to what this prints: openssl rand -hex 24', 'Or let only this computer in, behind a proxy with TLS: HOST=127.0.0.1')
}

interface Answer { version?: unknown, queue_rows?: unknown, detail?: unknown }

/** Whether the collector answers at its port, is ready, and is of this version. */
export async function checkApi (url: string | null, { queueRows, signal }: { queueRows: number, signal: AbortSignal }): Promise<Finding[]> {
  const check = 'api'
  if (url === null) return [warning(check, 'PORT is 0: which port it took stands in its log', 'Set PORT to a number')]
  const ask = async (path: string) => await withDeadline({ ms: answerMs, signal }, async (limited) => {
    const response = await fetch(`${url}${path}`, { signal: limited })
    const body: Answer = Object(await response.json())
    return { ok: response.ok, body }
  })
  try {
    const health = await ask('/healthz')
    const { version: its, queue_rows: queued } = health.body
    if (!health.ok || typeof its !== 'string' || typeof queued !== 'number') return [problem(check, `what answers at ${url} is no collector`, 'Set PORT to a free one in meshmon.conf', 'See which program it is: ss -ltnp')]
    const ready = await ask('/readyz')
    const { detail } = ready.body
    const findings: Finding[] = []
    if (!ready.ok) findings.push(problem(check, `${url} is not ready: ${String(detail)}`, logs))
    if (queued > queueRows / 2) findings.push(warning('writer', `${queued} of ${queueRows} rows wait for the database`, 'The database is too slow for what arrives: look at its disk and load: uptime, iostat', 'Beyond the limit agents are told to come again, and nothing is lost'))
    if (its !== version) findings.push(warning(check, `the collector that runs is version ${its}, this program ${version}`, 'Restart the collector'))
    return findings.length > 0 ? findings : [ok(check, `${url} answers and is ready, version ${its}, ${queued} rows wait to be written`)]
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error)
    return [problem(check, `no collector answers at ${url} (${reason})`, 'Start it: make start, or make up with Docker, or sudo systemctl start meshmon', logs)]
  }
}
