/** A PostgreSQL of the test process's own; see src/store/testing/postgres-server.ts. */

export {
  hasPostgres,
  type PostgresServer,
  startPostgres,
  testPostgres,
} from '../src/store/testing/postgres-server.ts'
export { newPostgresUrl } from '../src/store/testing.ts'
