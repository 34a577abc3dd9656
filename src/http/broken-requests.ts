import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { problemType } from './plugins/problems.js'

const refusals: Record<string, { status: number, detail: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'the headers are larger than 16 KiB' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, detail: 'the chunk extensions are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'the request did not arrive in time' },
}
/** How long a sender may take to read why, while it goes on sending. */
const lingerMs = 1000
const notHttp = { status: 400, detail: 'the request is not valid HTTP, or ended before it was whole' }

/**
 * Answers what is not HTTP, too large or too slow, as a problem. A request that came whole before the fault still gets its own
 * answer: some agents send a byte more than they announce.
 */
export function answerBrokenRequests () {
  const latest = new WeakMap<Socket, { request: IncomingMessage, response: ServerResponse }>()
  return {
    /** To be called once with the server that `clientErrorHandler` is for. */
    watch (server: Server): void {
      server.on('request', (request, response) => latest.set(request.socket, { request, response }))
    },
    clientErrorHandler (error: NodeJS.ErrnoException, socket: Socket): void {
      const last = latest.get(socket)
      if (last?.request.complete && !last.response.writableEnded) {
        last.response.once('finish', () => socket.destroySoon())
        return
      }
      if (error.code === 'ECONNRESET' || !socket.writable || (last?.request.complete === false && last.response.headersSent)) {
        socket.destroy()
        return
      }
      const { status, detail } = refusals[error.code ?? ''] ?? notHttp
      const title = STATUS_CODES[status] ?? 'Error'
      const body = JSON.stringify({ title, status, detail })
      socket.end(`HTTP/1.1 ${status} ${title}\r\nContent-Type: ${problemType}\r\nX-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
      socket.setTimeout(lingerMs, () => socket.destroy())
    },
  }
}
