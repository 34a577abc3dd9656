import { linkInfoOf, lqmOf, oldLinkInfoOf } from './links.js'
import { locatorOf } from './locator.js'
import type { ArednWorld, NodeState } from './world.js'

type Json = Record<string, unknown>

const channelOf = { channel: 177, chanbw: 10, freq: 5885 }

/** What a node says of itself (aredn.md, section 1); `flags` are the sections asked for: `lqm`, `link_info`, `nodes`, `hosts`. */
export function answerOf (world: ArednWorld, node: number, at: number, flags: ReadonlySet<string>): Json {
  const state = world.stateOf(node, at)
  const list = world.list(at)
  return {
    ...(state.isOld ? oldBaseOf(state) : baseOf(state)),
    ...(flags.has('link_info') && { link_info: state.isOld ? oldLinkInfoOf(state) : linkInfoOf(state) }),
    ...(flags.has('nodes') && { nodes: list }),
    ...(flags.has('hosts') && { hosts: list.map(({ name, ip }) => ({ name: `lan.${name}.local.mesh`, ip })) }),
    ...(flags.has('lqm') && !state.isOld && { lqm: lqmOf(state) }),
  }
}

/** Base fields of firmware 4.x. */
function baseOf ({ node, name, address, uptimeS, loads, freeKb, neighbours }: NodeState): Json {
  const hasRadio = neighbours.some(({ link }) => link.medium === 'rf')
  return {
    api_version: '2.0', node: name, ip: address, lat: node.lat, lon: node.lon, gridsquare: locatorOf(node.lat, node.lon),
    node_details: { model: node.model, description: '', board_id: node.model, firmware_mfg: 'AREDN', firmware_version: '4.26.7.0', mesh_gateway: false, mesh_supernode: false },
    tunnels: { active_tunnel_count: neighbours.filter(({ link, hop }) => link.medium === 'tunnel' && hop !== null).length },
    meshrf: hasRadio ? { status: 'on', iface: 'wlan0', mode: 'adhoc', ssid: 'AREDN-10-v3', ...channelOf, polarization: 'vertical', azimuth: 90, elevation: 0, height: 8, antenna: { description: 'Integrated', beamwidth: 30, gain: 16 } } : { status: 'off' },
    sysinfo: { uptime: uptimeText(uptimeS), loads, freememory: String(freeKb) },
    interfaces: [{ name: 'br-lan', ip: address }, ...(hasRadio ? [{ name: 'wlan0', ip: address }] : []), { name: 'br-dtdlink', ip: address }],
  }
}

/** The same of firmware 3.x: text for numbers, other names, no address of its own and no free memory. */
function oldBaseOf ({ node, name, address, uptimeS, loads, neighbours }: NodeState): Json {
  const channel = Object.fromEntries(Object.entries(channelOf).map(([key, value]) => [key, String(value)]))
  return {
    api_version: '1.13', node: name, lat: String(node.lat), lon: String(node.lon), grid_square: locatorOf(node.lat, node.lon),
    node_details: { model: node.model, description: '', board_id: node.model, firmware_mfg: 'AREDN', firmware_version: '3.24.4.0', mesh_gateway: '0' },
    tunnels: { tunnel_installed: 'true', active_tunnel_count: String(neighbours.filter(({ link }) => link.medium === 'tunnel').length) },
    meshrf: { status: 'on', ssid: 'AREDN-10-v3', ...channel, azimuth: '', elevation: '', height: '' },
    sysinfo: { uptime: `${uptimeText(uptimeS)}:${two(uptimeS % 60)}`, loads },
    interfaces: [{ name: 'wlan0', ip: address }],
  }
}

/** `0 days, 3:07`, `1 day, 3:07` */
function uptimeText (uptimeS: number): string {
  const days = Math.floor(uptimeS / 86_400)
  return `${days} ${days === 1 ? 'day' : 'days'}, ${Math.floor(uptimeS % 86_400 / 3600)}:${two(Math.floor(uptimeS % 3600 / 60))}`
}

function two (value: number): string {
  return String(value).padStart(2, '0')
}
