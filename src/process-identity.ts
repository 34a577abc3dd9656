import { readFileSync, readlinkSync } from 'node:fs'

/** Tells a process from a later one of the same pid. What the system does not tell is undefined. */
export interface ProcessIdentity {
  pid: number
  startTime: string | undefined
  boot: string | undefined
  pidNamespace: string | undefined
}

export function identifyThisProcess (): ProcessIdentity {
  return {
    pid: process.pid,
    startTime: startTimeOf(process.pid),
    boot: tryRead(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: tryRead(() => readlinkSync('/proc/self/ns/pid'))
  }
}

/** Whether a process that was identified earlier, perhaps before a reboot, still runs; undefined where that cannot be told, as of one in another container. */
export function isRunning (other: ProcessIdentity): boolean | undefined {
  const own = identifyThisProcess()
  if (other.boot === undefined || other.startTime === undefined || own.boot === undefined) return undefined
  if (other.boot !== own.boot) return false
  return other.pidNamespace === own.pidNamespace ? other.startTime === startTimeOf(other.pid) : undefined
}

/** Clock ticks from boot to the start of a process (field 22 of /proc/pid/stat; the name before it may hold spaces). */
function startTimeOf (pid: number): string | undefined {
  const stat = tryRead(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function tryRead (read: () => string): string | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
