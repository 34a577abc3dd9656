import { isWanted, type Choice } from '../aredn/known-nodes.js'
import { parseRanges } from '../aredn/ranges.js'
import type { Failure, ReadOutcome } from '../aredn/read-node.js'
import { ok, problem, warning, type Finding } from './finding.js'

export interface ArednDoctor extends Choice {
  seeds: readonly string[]
  /** As in the settings. */
  ranges: readonly string[]
  read (node: { host: string, address: string | null }, flags: string, signal: AbortSignal): Promise<ReadOutcome>
  /** Ends the examination at once: it then throws the signal's reason. */
  signal: AbortSignal
}

interface Listed { name: string, ip: string }

/** Of the nodes that the seeds list, so many are asked themselves. */
const tried = 3

/** Looks at the way into the mesh: whether the seeds answer, whom they list, and whether some of those answer. */
export async function * examineAredn (doctor: ArednDoctor): AsyncGenerator<Finding> {
  const { seeds, read, signal } = doctor
  const listed = new Map<string, Listed>()
  const silent: { seed: string, outcome: ReadOutcome & { ok: false } }[] = []
  for (const seed of seeds) {
    const outcome = await read({ host: seed, address: null }, 'nodes=1', signal)
    signal.throwIfAborted()
    if (!outcome.ok) {
      silent.push({ seed, outcome })
      continue
    }
    const list = listOf(outcome.sysinfo['nodes'])
    for (const node of list) listed.set(node.name.toLowerCase(), node)
    yield ok(`seed ${seed}`, `${describe(outcome.sysinfo)} at ${outcome.address} answers, and lists ${list.length} nodes`)
  }
  const isIn = silent.length < seeds.length
  for (const { seed, outcome } of silent) yield (isIn ? warning : problem)(`seed ${seed}`, `${outcome.address === null ? '' : `${outcome.address}: `}${outcome.detail}`, ...remedies(doctor)[outcome.failure])
  if (isIn) yield * examineList([...listed.values()], doctor)
}

async function * examineList (listed: Listed[], doctor: ArednDoctor): AsyncGenerator<Finding> {
  const check = 'nodes'
  const { ranges: texts, read, signal } = doctor
  if (listed.length === 0) return yield warning(check, 'no seed lists any node', 'Is its mesh up? Its status page shows whom it hears', 'Name more nodes in AREDN_SEEDS')
  const ranges = parseRanges(texts)
  const inside = listed.filter(({ ip }) => ranges.includes(ip))
  if (inside.length < listed.length) yield warning(check, `${listed.length - inside.length} of ${listed.length} nodes have addresses outside ${texts.join(', ')}, such as ${listed.find(({ ip }) => !ranges.includes(ip))?.ip}`, 'If they belong to the mesh, add their network to AREDN_RANGES')
  const wanted = inside.filter(({ name }) => isWanted(name.toLowerCase(), doctor))
  if (wanted.length === 0) {
    if (inside.length > 0) yield problem(check, `AREDN_INCLUDE and AREDN_EXCLUDE leave none of ${inside.length} nodes`, 'Compare them with the names that the mesh has: they match whole names, * stands for anything')
    return
  }
  const asked = wanted.slice(0, tried)
  const silent: string[] = []
  for (const { name, ip } of asked) {
    const outcome = await read({ host: `${name}.local.mesh`, address: ip }, '', signal)
    signal.throwIfAborted()
    if (!outcome.ok) silent.push(`${name} at ${ip} (${outcome.detail})`)
  }
  const text = `${asked.length - silent.length} of ${asked.length} that were tried answer, of ${wanted.length} to be read`
  if (silent.length === 0) yield ok(check, text)
  else if (silent.length < asked.length) yield warning(check, `${text}; silent: ${silent.join(', ')}`, 'Nodes that are down are left alone for longer and longer, and read again once they are up')
  else yield problem(check, `${text}: ${silent.join(', ')}`, 'Has this computer a route into the mesh? ip route get ADDRESS shows the way it takes', 'It must be behind a node, with an address that this node gave it')
}

function listOf (nodes: unknown): Listed[] {
  return (Array.isArray(nodes) ? nodes : []).flatMap((one) => {
    const { name, ip }: { name?: unknown, ip?: unknown } = Object(one)
    return typeof name === 'string' && typeof ip === 'string' ? [{ name, ip }] : []
  })
}

function describe ({ node, node_details: details }: Record<string, unknown>): string {
  const { firmware_version: version }: { firmware_version?: unknown } = Object(details)
  return `${String(node)}${typeof version === 'string' ? ` (firmware ${version})` : ''}`
}

function remedies ({ ranges }: ArednDoctor): Record<Failure, string[]> {
  const wrongPage = ['Open its address in a browser: is it an AREDN node, and up to date?', 'AREDN_PORT names the port of the nodes\' web pages']
  return {
    unknown_host: ['Is this computer connected to a node? localnode.local.mesh is known only behind one', 'Else set AREDN_SEEDS to the address of a node'],
    outside: [`Only addresses in ${ranges.join(', ')} are asked: set AREDN_RANGES to the networks of your mesh`],
    unreachable: ['Is the node up? Try: ping', 'AREDN_PORT names the port of the nodes\' web pages'],
    timeout: ['The node is down, very busy, or there is no route: ip route get ADDRESS shows the way it takes'],
    too_large: wrongPage,
    cut_off: ['The connection is poor or the node restarts: try again in a minute'],
    redirect: wrongPage,
    status: wrongPage,
    not_sysinfo: wrongPage,
  }
}
