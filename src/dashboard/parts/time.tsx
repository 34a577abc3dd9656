import { describeSpan } from '../../incidents/span.js'

/** A moment: UTC until times.js has put it into the viewer's zone; the full stamp in its title. */
export function Time ({ at }: { at: string }) {
  return <time dateTime={at} title={`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`}>{`${at.slice(0, 10)} ${at.slice(11, 16)} UTC`}</time>
}

/** How long something has lasted, in its two largest units. */
export function Span ({ ms }: { ms: number }) {
  return <>{describeSpan(ms)}</>
}
