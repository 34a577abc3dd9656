/** The caller's fault, found after validation: answered with this status and text. */
export class Refused extends Error {
  constructor (readonly statusCode: 400 | 404 | 409, detail: string) {
    super(detail)
    this.name = 'Refused'
  }
}

/** Not possible now, perhaps later: answered 503 with this text. */
export class NotNow extends Error {
  readonly retryAfterS = 30
}

export function notFound (): Refused {
  return new Refused(404, 'not found')
}
