/** What is used of sql.js, which has no types of its own. */
declare module 'sql.js' {
  export interface Statement {
    bind (values: (string | number)[]): boolean
    step (): boolean
    run (values: (string | number | null)[]): void
    get (): unknown[]
    free (): void
  }

  export interface Database {
    prepare (sql: string): Statement
    exec (sql: string): unknown
    export (): Uint8Array
    close (): void
  }

  export default function initSqlJs (): Promise<{ Database: new (file?: Uint8Array) => Database }>
}
