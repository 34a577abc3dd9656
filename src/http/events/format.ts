/** One server-sent event. JSON has no line breaks of its own, so that the data is one line. */
export function formatEvent (event: string, json: string, id: number): string {
  return `id: ${id}\nevent: ${event}\ndata: ${json}\n\n`
}

/** A comment, for proxies and sockets that give up what is silent. */
export const heartbeat = Buffer.from(':\n\n')

/** How long a client waits before it comes again. */
export const retryLine = 'retry: 3000\n\n'
