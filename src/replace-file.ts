import { renameSync, writeFileSync } from 'node:fs'

/** Writes a file so that nobody ever reads half of it. Throws where the disk won't take it; then the old one is as it was. */
export function replaceFile (file: string, text: string): void {
  const made = `${file}.${process.pid}.new`
  writeFileSync(made, text)
  renameSync(made, file)
}
