import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { packageRoot } from '../../src/paths.js'

const run = promisify(execFile)

/** `docker-compose`, or the plugin of the docker command; null where neither is installed. */
async function findCompose (): Promise<string[] | null> {
  for (const command of [['docker-compose'], ['docker', 'compose']]) {
    const [file = '', ...args] = command
    if (await run(file, [...args, 'version']).then(() => true, () => false)) return command
  }
  return null
}

const command = await findCompose()
const reason = command ? '' : ' (docker-compose is not installed)'

/** The merged configuration, as Compose understands it. */
async function readConfig (files: string[], environment: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const [file = '', ...args] = command ?? []
  const named = files.flatMap((name) => ['-f', name])
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment }
  const { stdout } = await run(file, [...args, ...named, 'config'], { cwd: packageRoot, env })
  return parse(stdout)
}

t.test(`Docker Compose reads the installation${reason}`, { skip: command === null }, async (t) => {
  t.match(await readConfig(['docker-compose.yml']), {
    services: {
      db: {
        image: /^timescale\/timescaledb-ha:pg17-ts/,
        environment: { POSTGRES_DB: 'meshmon', POSTGRES_USER: 'mesh', POSTGRES_PASSWORD: 'meshpass' },
        volumes: [/dbdata/],
        healthcheck: { test: ['CMD-SHELL', /pg_isready/] },
        restart: 'unless-stopped',
        logging: { options: { 'max-size': '10m' } },
      },
      api: {
        build: { context: packageRoot.replace(/\/$/, '') },
        environment: { DB_DSN: 'postgresql://mesh:meshpass@db:5432/meshmon', LOG_LEVEL: 'info' },
        depends_on: { db: { condition: 'service_healthy' } },
        restart: 'unless-stopped',
        stop_grace_period: '30s',
        logging: { options: { 'max-size': '10m' } },
      },
    },
    volumes: { dbdata: {} },
  })
})

t.test(`the environment changes passwords, port and settings${reason}`, { skip: command === null }, async (t) => {
  const config = await readConfig(['docker-compose.yml'], { DB_PASSWORD: 'other', PORT: '5000', RETENTION_RAW: '30 days' })
  t.match(config, {
    services: {
      db: { environment: { POSTGRES_PASSWORD: 'other' } },
      api: {
        environment: { DB_DSN: 'postgresql://mesh:other@db:5432/meshmon', RETENTION_RAW: '30 days' },
        ports: [{ published: /^5000$/, target: 8080 }],
      },
    },
  })
})

t.test(`the development file mounts the sources over it${reason}`, { skip: command === null }, async (t) => {
  t.match(await readConfig(['docker-compose.yml', 'docker-compose.dev.yml']), {
    services: { api: { build: { target: 'build' }, volumes: [/migrations/, /src/], environment: { LOG_LEVEL: 'debug' } } },
  })
})

t.test(`Docker Compose reads the example of high availability; it is not run${reason}`, { skip: command === null }, async (t) => {
  const folder = 'examples/high-availability'
  t.match(await readConfig([`${folder}/docker-compose.yml`], { DB_PASSWORD: 'other' }), {
    services: {
      db1: { environment: { PATRONI_NAME: 'db1', PATRONI_SUPERUSER_USERNAME: 'mesh', PATRONI_SUPERUSER_PASSWORD: 'other' } },
      db2: { environment: { PATRONI_NAME: 'db2', PATRONI_POSTGRESQL_CONNECT_ADDRESS: 'db2:5432' } },
      api1: { environment: { DATABASE_URL: 'postgresql://mesh:other@db1:5432,db2:5432/postgres' } },
      api2: { environment: { DATABASE_URL_READ: 'postgresql://mesh:other@db1:5432,db2:5432/postgres' } },
    },
  })
  await t.rejects(readConfig([`${folder}/docker-compose.yml`]), /set DB_PASSWORD/)
  const { bootstrap } = parse(readFileSync(join(packageRoot, folder, 'patroni.yml'), 'utf8')) as { bootstrap: { dcs: object } }
  t.match(bootstrap.dcs, { synchronous_mode: true, postgresql: { parameters: { shared_preload_libraries: 'timescaledb' } } })
})
