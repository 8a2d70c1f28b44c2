// PostgreSQL as the peers use it: one pool, named (so prepared) statements, plain rows.
// The address comes in PGHOST, PGUSER and PGDATABASE, which the driver reads by itself.
import pg from 'pg'

const TIMESTAMPTZ = 1184
// As text, in the form of the API, rather than through a Date, which forgets the microseconds.
pg.types.setTypeParser(TIMESTAMPTZ, (text) => {
  const end = text.length - 3 // the server speaks UTC: '2026-06-29 12:34:56.789+00'
  const second = `${text.slice(0, 10)}T${text.slice(11, 19)}`
  return end === 19 ? `${second}+00:00` : `${second}${text.slice(19, end).padEnd(7, '0')}+00:00`
})

const pool = new pg.Pool({ max: 10 })

/** The rows of a statement; `name` stands for its text, which is parsed once per connection. */
export async function rows(name, text, values) {
  return (await pool.query({ name, text, values })).rows
}
