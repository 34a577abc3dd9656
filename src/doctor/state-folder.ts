import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { codeOf } from '../database/errors.js'
import { makeFolder } from '../folders.js'
import { ok, problem, type Finding } from './finding.js'

/** More than a file system keeps beside a file's name. */
const probeBytes = 64 * 1024

/** Whether a worker could keep what must outlive it: makes its folder if need be, and writes there. */
export function checkStateFolder (folder: string): Finding {
  const check = 'state'
  try {
    makeFolder(folder)
    tryWriting(join(folder, `doctor.${process.pid}`))
    return ok(check, `${folder} can be written to`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const elsewhere = 'Or let STATE_DIR, or DATA_DIR, name a folder elsewhere'
    switch (codeOf(error)) {
      case 'ENOSPC': case 'EDQUOT': case 'EFBIG':
        return problem(check, `${folder} takes nothing, so no reading can be kept (${reason})`, `Make room on its disk: df -h ${folder}`, elsewhere)
      case 'EACCES': case 'EPERM': case 'EROFS':
        return problem(check, `${folder} can't be written to (${reason})`, `Give it to the user that runs the worker: sudo chown -R ${userInfo().username} ${folder}`, elsewhere)
      default:
        return problem(check, `${folder} can't be used (${reason})`, 'Let STATE_DIR, or DATA_DIR, name a folder that can be made and written to')
    }
  }
}

function tryWriting (file: string): void {
  const handle = openSync(file, 'w', 0o600)
  try {
    writeFileSync(handle, Buffer.alloc(probeBytes))
    fsyncSync(handle)
  } finally {
    closeSync(handle)
    rmSync(file, { force: true })
  }
}
